"""config origin: where a setting is named in Kubernetes, and whether what runs outlives a restart."""
import unittest

from api_server import Answer, Fake, bridge, listing, status
from looking import PODS, Looking
from objects import pod
from program import redisctl
from servers import Server

CONFIG_MAP = "/api/v1/namespaces/default/configmaps/redis-conf"
FAILOVER = "/apis/databases.spotahome.com/v1/namespaces/default/redisfailovers/rf"
OPERATED = {"app.kubernetes.io/part-of": "redis-failover", "app.kubernetes.io/component": "redis", "redisfailovers.databases.spotahome.com/name": "rf"}
PASSWORD = "pa55-of-the-test"


def config_map(**files: str) -> Answer:
    return Answer(200, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "redis-conf", "namespace": "default"}, "data": {name.replace("_", "."): text for name, text in files.items()}})


class Origin(Looking):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server("maxmemory 100mb", "save 900 1", password=PASSWORD))

    def pods(self, *pods: dict) -> Fake:
        return self.enterContext(Fake()).on(PODS, listing("Pod", list(pods)))

    def origin(self, files: Answer, *parameters: str, args: list = (), code: int = 0, labels: dict = None, **answers: Answer) -> dict:
        """Of a pod that mounts a ConfigMap: by parameter, what runs, after a restart, and where it is named with what."""
        one = pod("redis-0", labels=labels)
        one["spec"]["volumes"] = [{"name": "conf", "configMap": {"name": "redis-conf"}}]
        one["spec"]["containers"][0]["args"] = list(args)
        one["spec"]["containers"][0]["env"] = [{"name": "REDIS_PASSWORD", "value": PASSWORD}]
        api = self.pods(one).on(CONFIG_MAP, files).forward("redis-0", bridge(self.server.port))
        for path, answer in answers.items():
            api.on(path, answer)
        self.document = self.look(api, *parameters, "--json", command="config-origin", code=code).document
        return {each["name"]: (each["value"], each["afterRestart"], [(origin["source"], origin["value"]) for origin in each["origins"]])
                for each in self.document["items"][0]["nodes"][0]["parameters"]}

    def test_where_each_is_named(self):
        files = config_map(redis_conf=f"maxmemory 100mb\nmaxmemory-policy allkeys-lru\nrequirepass {PASSWORD}\n", sentinel_conf="port 26379\n", script_sh="timeout 7\n")
        self.assertEqual(self.origin(files, args=["--appendonly", "yes", "--maxmemory-policy", "noeviction"]), {
            "appendonly": ("no", "other", [("container redis: its command line", "yes")]),
            "maxmemory": ("104857600", "same", [("ConfigMap redis-conf: redis.conf", "100mb")]),
            "maxmemory-policy": ("noeviction", "same", [("ConfigMap redis-conf: redis.conf", "allkeys-lru"), ("container redis: its command line", "noeviction")]),
            "requirepass": ("(hidden)", "same", [("ConfigMap redis-conf: redis.conf", "(hidden)")])})
        self.assertEqual(self.document["errors"], [])

    def test_of_two_files_nobody_knows_which_one_is_read(self):
        named = self.origin(config_map(master_conf="maxmemory 100mb\nsave 900 1\n", replica_conf="maxmemory 200mb\nsave 900 1\n"))
        self.assertEqual({name: after for name, (_, after, _) in named.items()}, {"maxmemory": "unknown", "save": "same"})

    def test_asked_for_and_named_nowhere(self):
        self.assertEqual(self.origin(config_map(), "timeout"), {"timeout": ("0", "unknown", [])})

    def test_the_operator_has_the_last_word(self):
        wishes = Answer(200, {"apiVersion": "databases.spotahome.com/v1", "kind": "RedisFailover", "metadata": {"name": "rf", "namespace": "default"},
                              "spec": {"redis": {"customConfig": ["maxmemory 50mb"]}, "sentinel": {}}})
        named = self.origin(config_map(redis_conf="maxmemory 100mb\n"), labels=OPERATED, **{FAILOVER: wishes})
        self.assertEqual(named["maxmemory"], ("104857600", "other", [("ConfigMap redis-conf: redis.conf", "100mb"), ("RedisFailover rf: spec.redis.customConfig", "50mb")]))

    def test_a_config_map_that_may_not_be_read(self):
        no = status(403, "Forbidden", 'configmaps "redis-conf" is forbidden: User "jane" cannot get resource "configmaps" in API group "" in the namespace "default"')
        named = self.origin(no, args=["--maxmemory", "100mb"], code=7)
        self.assertEqual(named, {"maxmemory": ("104857600", "same", [("container redis: its command line", "100mb")])})
        self.assertEqual([error["code"] for error in self.document["errors"]], ["FORBIDDEN"])

    def test_people_read_a_table(self):
        one = pod("redis-0")
        one["spec"]["containers"][0].update(args=["--maxmemory", "200mb"], env=[{"name": "REDIS_PASSWORD", "value": PASSWORD}])
        answer = self.look(self.pods(one).forward("redis-0", bridge(self.server.port)), command="config-origin")
        self.assertRegex(answer.out, r"redis-0 +maxmemory +104857600 +other +container redis: its command line \(200mb\)")

    def test_plain_hosts_have_no_such_objects(self):
        answer = redisctl("config", "origin", "--host", self.server.address)
        self.assertEqual(answer.code, 3, answer)
        self.assertIn("plain hosts have no Kubernetes objects that name a setting", answer.err)
        self.assertIn("redisctl config get", answer.err)


if __name__ == "__main__":
    unittest.main()
