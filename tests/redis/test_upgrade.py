"""upgrade check and verify: what must hold before servers are upgraded, and what must be there again afterwards."""
import json
import os
import tempfile
import unittest
from pathlib import Path

from asking import PASSWORD, Asking
from servers import Server, eventually

CHECK, VERIFY = ("upgrade check", "UpgradeCheck"), ("upgrade verify", "UpgradeVerify")


def gates(item: dict) -> dict:
    return {gate["gate"]: gate for gate in item["gates"]}


class Upgrade(Asking):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.master = self.enterContext(Server("save 3600 1", f"masterauth {PASSWORD}", password=PASSWORD))
        self.replicas = [self.enterContext(Server("save 3600 1", password=PASSWORD, replica_of=self.master)) for _ in range(2)]
        for i in range(100):
            self.master.command("SET", f"key:{i}", "x")
        for replica in self.replicas:
            replica.wait_linked()
        eventually("they have it all", lambda: {int(replica.command("DBSIZE")) for replica in self.replicas} == {100})
        self.hosts = [word for server in (self.master, *self.replicas) for word in ("--host", server.address)]
        self.way = {"env": {"REDISCLI_AUTH": PASSWORD}}

    def judge(self, what: tuple, *arguments, code: int = 0) -> dict:
        item = self.only(self.document(*what, *self.hosts, *arguments, code=code, **self.way)["items"])
        self.assertEqual(item["ready"], code == 0, item)
        return item

    def before(self) -> str:
        path = os.path.join(self.folder, "before.json")
        Path(path).write_text(self.ask("upgrade", "check", *self.hosts, "--json", **self.way).out)
        return path

    def closed(self, what: tuple, *arguments) -> dict:
        """The gates that are closed: each has a command to paste."""
        found = {name: gate for name, gate in gates(self.judge(what, *arguments, code=1)).items() if not gate["ok"]}
        self.assertEqual([gate for gate in found.values() if not gate["hint"].startswith("redisctl ")], [])
        return found

    def test_a_healthy_system_can_be_upgraded(self):
        item = self.judge(CHECK)
        self.assertEqual((item["master"], gates(item)["replicas"]["value"], gates(item)["findings"]["value"]), (self.master.address, "2 of 2 linked", "none"))
        self.assertEqual({node["keys"]["db0"] for node in item["nodes"]}, {100})
        answer = self.ask("upgrade", "check", *self.hosts, **self.way)
        self.assertIn("no backup was looked for: --dir FOLDER", answer.err)

    def test_a_backup_is_looked_for(self):
        self.assertEqual(set(self.closed(CHECK, "--dir", self.folder)), {"backup"})
        self.ask("backup", "rdb", *self.hosts, "--dir", self.folder, **self.way)
        self.assertRegex(gates(self.judge(CHECK, "--dir", self.folder))["backup"]["value"], r"^\d+T\d+Z-\w+, 0 h \d+ min old$")
        manifest = next(Path(self.folder).glob("*.json"))
        written = json.loads(manifest.read_text())
        written["time"] = "2020-01-01T00:00:00Z"
        manifest.write_text(json.dumps(written))
        self.assertEqual(set(self.closed(CHECK, "--dir", self.folder)), {"backup"})
        next(Path(self.folder).glob("*.rdb")).unlink()
        self.assertIn("not whole", self.closed(CHECK, "--dir", self.folder)["backup"]["value"])
        self.ask("upgrade", "check", *self.hosts, "--dir", "/nonexistent", code=3, **self.way)

    def test_a_replica_that_is_not_linked(self):
        self.replicas[0].command("CONFIG", "SET", "masterauth", "another")
        self.master.command("CLIENT", "KILL", "TYPE", "replica")
        eventually("its link is down", lambda: self.replicas[0].info()["master_link_status"] == "down")
        self.assertIn("replicas", self.closed(CHECK))

    def test_one_server_alone_would_be_an_outage(self):
        self.hosts = ["--host", self.enterContext(Server("save 3600 1", password=PASSWORD)).address]
        self.assertEqual(self.closed(CHECK)["replicas"]["value"], "0 of 0 linked")

    def test_one_that_does_not_answer_is_not_good(self):
        self.replicas[1].stop()
        found = self.closed(CHECK)
        self.assertTrue({"versions", "lag", "replicas"} <= set(found), found)
        self.assertIn("unknown", found["versions"]["value"])

    def test_the_same_afterwards(self):
        before = self.before()
        self.assertEqual({name for name, gate in gates(self.judge(VERIFY, before)).items() if not gate["ok"]}, set())

    def test_keys_and_a_node_are_gone(self):
        before = self.before()
        for i in range(6):
            self.master.command("DEL", f"key:{i}")
        found = self.closed(VERIFY, before)
        self.assertEqual((set(found), found["keys"]["value"]), ({"keys"}, "db0=100 -> db0=94"))
        self.judge(VERIFY, before, "--fewer-keys", "6")
        self.replicas[1].command("REPLICAOF", "NO", "ONE")
        self.replicas[1].stop()
        self.hosts = ["--host", self.master.address, "--host", self.replicas[0].address]
        self.assertEqual(self.closed(VERIFY, before, "--fewer-keys", "6")["nodes"]["value"], f"missing: {self.replicas[1].address}")

    def test_the_master_is_another_one_by_now(self):
        before = self.before()
        self.ask("failover", *self.hosts, "--promote", self.replicas[0].address, "--override", "latency", "--yes",
                 env={**self.way["env"], "XDG_STATE_HOME": self.folder})
        item = self.judge(VERIFY, before)
        self.assertEqual(item["master"], self.replicas[0].address)
        # The probes of the switch live for ten minutes.
        self.assertEqual(gates(item)["keys"]["value"], "db0=100 -> db0=102")

    def test_half_done_is_found_out(self):
        newer = self.enterContext(Server("save 3600 1", password=PASSWORD, replica_of=self.master, version="8.0"))
        newer.wait_linked()
        self.hosts += ["--host", newer.address]
        self.assertRegex(self.closed(CHECK)["versions"]["value"], r"^7\.0\.\d+, 8\.0\.\d+$")

    def test_a_file_that_is_none(self):
        path = Path(self.folder, "other.json")
        for text in ("", "{", "[]", '{"kind": "Status", "items": []}', '{"kind": "UpgradeCheck", "items": [{}]}', '{"kind": "UpgradeCheck", "items": 3}'):
            with self.subTest(text):
                path.write_text(text)
                answer = self.ask("upgrade", "verify", path, *self.hosts, code=2, **self.way)
                self.assertIn("redisctl upgrade check --json > before.json", answer.err)
        self.ask("upgrade", "verify", "/nonexistent", *self.hosts, code=2, **self.way)

    def test_plain_hosts_have_no_image(self):
        for words in (["run", "--image", "redis:7.2"], ["rollback"]):
            with self.subTest(words=words):
                answer = self.ask("upgrade", *words, *self.hosts, "--yes", code=3, **self.way)
                self.assertIn("plain hosts have no image", answer.err)
                self.assertIn("redisctl upgrade run -n NAMESPACE", answer.err)

    def test_an_image_is_asked_for(self):
        for image in ([], ["--image", ""], ["--image", "redis 7"]):
            with self.subTest(image=image):
                self.assertIn("--image REGISTRY/REPOSITORY:TAG", self.ask("upgrade", "run", *image, "-n", "redis", code=2).err)


if __name__ == "__main__":
    unittest.main()
