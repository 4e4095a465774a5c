"""A replica that loads what it copied when the switch comes to it: it refuses REPLICAOF as long, and is told then."""
import dying
from changing import Changing
from servers import Server, eventually


class Loading(Changing):
    def test_it_is_waited_for(self):
        for engine in ("failover-command", "fenced"):
            with self.subTest(engine=engine):
                master, target, other = nodes = self.system()
                for i in range(100):
                    master.command("SET", f"key:{i}", "x" * 100)
                other.wait_linked()
                writer = self.writing(nodes)
                running = self.start("failover", "--promote", target.address, "--engine", engine, "--yes", nodes=nodes, env=dying.at_intent("repoint")).until_stopped()
                self.load_anew(other, master)
                change = self.finished(running.go_on(), 0, "done")
                self.assertEqual((change.result["errors"], change.result["warnings"]), ([], []), change)
                self.assert_one_master([target, master, other], target)
                self.assert_nothing_lost(writer, target)

    def load_anew(self, replica: Server, source: Server) -> None:
        """With a history of its own it copies everything, and takes its time to load it."""
        replica.command("CONFIG", "SET", "loading-process-events-interval-bytes", 1024, "key-load-delay", 5_000)
        replica.command("REPLICAOF", "NO", "ONE")
        replica.command("SET", "of-its-own", "1")
        replica.command("REPLICAOF", "127.0.0.1", source.port)
        eventually("it loads", lambda: replica.info("persistence")["loading"] == "1", every=0.005)
