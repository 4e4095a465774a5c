"""redisctl forward: a local port that leads to the master, through a failover too."""
import signal
import socket
import unittest

from changing import Changing
from resp import Client, ReplyError
from servers import eventually, free_port


class Forward(Changing):
    def forward(self, nodes: list, *arguments):
        running = self.start("forward", *arguments, "--interval", "100ms", nodes=nodes)
        eventually("it listens", running.events, 10)
        return running, running.events()[0]["port"]

    def client(self, port: int) -> Client:
        return Client(socket.create_connection(("127.0.0.1", port), timeout=5))

    def test_it_follows_the_master_through_a_failover(self):
        nodes = self.system(replicas=1)
        running, port = self.forward(nodes, "0")
        with self.client(port) as client:
            client.command("SET", "before", "1")
            self.assertEqual(nodes[0].command("GET", "before"), b"1")
            # More than any buffer on the way holds, in both directions.
            client.command("SET", "large", "x" * (8 << 20))
            self.assertEqual(client.command("GET", "large"), b"x" * (8 << 20))
            nodes[1].wait_linked()
            self.change("failover", "--yes", nodes=nodes)
            eventually("it leads to the new master", lambda: running.events()[-1]["node"] == nodes[1].address)
            self.assertEqual((running.events()[-1]["event"], running.events()[-1]["role"]), ("forwarding", "master"))
            with self.assertRaises((OSError, EOFError)):
                client.command("SET", "lost", "1")
        with self.client(port) as client:
            client.command("SET", "after", "2")
        self.assertEqual(nodes[1].command("GET", "after"), b"2")
        running.send(signal.SIGINT)
        self.assertEqual(running.finish().code, 0)
        with self.assertRaises(OSError):
            self.client(port)

    def test_a_node_that_is_named_is_kept_to(self):
        nodes = self.system(replicas=1)
        running, port = self.forward(nodes, "0", "--node", nodes[1].address)
        self.assertEqual((running.events()[0]["node"], running.events()[0]["role"]), (nodes[1].address, "replica"))
        with self.client(port) as client, self.assertRaises(ReplyError) as refused:
            client.command("SET", "a", "1")
        self.assertEqual(refused.exception.word, "READONLY")
        running.send(signal.SIGTERM)
        running.finish()

    def test_a_client_that_has_said_all_still_gets_its_replies(self):
        nodes = self.system(replicas=0)
        running, port = self.forward(nodes, "0")
        with socket.create_connection(("127.0.0.1", port), timeout=5) as raw:
            raw.sendall(b"PING\r\n" * 1000)
            raw.shutdown(socket.SHUT_WR)
            said = b""
            while more := raw.recv(65536):
                said += more
        self.assertEqual(said, b"+PONG\r\n" * 1000)
        running.send(signal.SIGINT)
        running.finish()

    def test_a_port_that_somebody_has(self):
        nodes = self.system(replicas=0)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            answer = self.start("forward", str(taken.getsockname()[1]), nodes=nodes).finish()
        self.assertEqual(answer.code, 4, answer)
        self.assertIn("Address already in use", answer.err)
        self.assertIn("0 for a free one", answer.err)

    def test_no_master_is_nowhere_to_lead_to(self):
        nodes = self.system(replicas=1)
        nodes[0].stop()
        answer = self.start("forward", str(free_port()), nodes=nodes).finish()
        self.assertEqual(answer.code, 6, answer)
        self.assertIn("has no agreed master", answer.err)


if __name__ == "__main__":
    unittest.main()
