"""`redisctl sentinel` in Kubernetes: what a pod is there for is silent when it does not answer, and what no pod is there for is a ghost."""
from api_server import Fake
from council import NAME, Council, known
from looking import Looking
from objects import pod
from servers import eventually


def placed(name: str, port: int, sentinel: bool = False) -> dict:
    """A pod whose process listens on this host."""
    one = pod(name, port=port)
    one["status"]["podIP"] = "127.0.0.1"
    container = one["spec"]["containers"][0]
    if sentinel:
        container.update(name="sentinel", command=["redis-sentinel", "/etc/sentinel.conf"], ports=[{"name": "sentinel", "containerPort": port}])
        one["status"]["containerStatuses"][0]["name"] = "sentinel"
    else:
        container["args"] = ["redis-server", "--port", str(port)]
    return one


class Sentinels(Looking):
    def test_a_pod_that_is_there_is_no_ghost(self):
        with Council(sentinels=5) as council:
            servers = [council.master, *council.replicas]
            pods = [placed(f"cache-{i}", server.port) for i, server in enumerate(servers)]
            pods += [placed(f"cache-sentinel-{i}", one.port, sentinel=True) for i, one in enumerate(council.sentinels[:4])]
            api: Fake = self.fake(*pods)
            # The fourth has a pod, the fifth has none any more.
            council.sentinels[3].stop(), council.sentinels[4].stop()
            eventually("both are seen down", lambda: all(sum("s_down" in s["flags"] for s in known(one, "SENTINELS")) == 2 for one in council.sentinels[:3]))

            answer = self.look(api, "--via", "direct", "--json", command="sentinel", code=7)
            item = answer.document["items"][0]
            self.assertEqual((item["master"], item["canFailOver"], len(item["sentinels"])), ("cache-0", True, 4))
            first = item["sentinels"][0]
            self.assertEqual({one["address"]: (one["node"], one["standing"]) for one in first["sentinels"]},
                             {f"127.0.0.1:{council.sentinels[1].port}": ("cache-sentinel-1", "here"), f"127.0.0.1:{council.sentinels[2].port}": ("cache-sentinel-2", "here"),
                              f"127.0.0.1:{council.sentinels[3].port}": ("cache-sentinel-3", "silent"), f"127.0.0.1:{council.sentinels[4].port}": (None, "ghost")})
            self.assertEqual((first["voters"], first["votes"], first["votesNeeded"]), (5, 3, 3))
            ghosts = next(one for one in answer.document["findings"] if one["code"] == "SENTINEL_GHOSTS")
            self.assertIn(council.sentinels[4].address, ghosts["message"])
            self.assertNotIn(council.sentinels[3].address, ghosts["message"])
            self.assertEqual(ghosts["hint"], "redisctl sentinel reset -n default --instance cache")

            plan = self.look(api, "reset", "--via", "direct", "--json", "--dry-run", command="sentinel").document
            self.assertEqual([step["id"] for step in plan["steps"]], [f"{what}-cache-sentinel-{i}" for i in range(3) for what in ("reset", "find")])
            self.assertEqual({after["type"]: after for after in plan["steps"][0]["after"]}["sentinelForgot"]["addresses"], [council.sentinels[4].address])
            self.assertIn("cache-sentinel-3 is left as it is: it does not answer", plan["notes"])
            self.assertIn("cache-sentinel-3 does not answer now: it is forgotten too, until it comes back and says hello", plan["notes"])
            self.assertEqual({len(known(one, "SENTINELS", NAME)) for one in council.sentinels[:3]}, {4}, "a dry run changes nothing")
