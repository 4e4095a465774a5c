"""`services` before a fake cluster and real servers: who is behind each Service, and whether it leads where it should."""
import unittest

from asking import PASSWORD, schema_of
from cluster import NAME, POD_NAME, Cluster, refused
from looking import Looking
from program import redisctl
from servers import Server
from world.schema import problems

MASTER, WRITE, HEADLESS = NAME, f"{NAME}-master", f"{NAME}-headless"
FIRST, SECOND, THIRD = (f"{NAME}-{i}" for i in range(3))


def setUpModule():
    global SERVERS
    master = unittest.enterModuleContext(Server(password=PASSWORD))
    replicas = [unittest.enterModuleContext(Server(f"masterauth {PASSWORD}", password=PASSWORD, replica_of=master)) for _ in range(2)]
    SERVERS = [master, *(replica.wait_linked() for replica in replicas)]


class Services(Looking):
    def setUp(self):
        self.cluster = self.enterContext(Cluster(SERVERS))

    def ask(self, *arguments, code: int = 0):
        return self.look(self.cluster, *arguments, command="services", code=code)

    def services(self, *arguments, code: int = 0) -> dict:
        """By their names, as JSON says it."""
        answer = self.ask("--json", *arguments, code=code)
        self.assertEqual(problems(answer.document, schema_of("Services")), [], answer)
        self.codes = [finding["code"] for finding in answer.document["findings"]]
        return {service["name"]: service for service in answer.document["items"][0]["services"]}

    def test_all_is_well(self):
        services = self.services()
        self.assertEqual({name: (service["type"], service["routesTo"], service["verdict"], service["code"]) for name, service in services.items()},
                         {MASTER: ("master", "master", "ok", None), WRITE: ("master", "master", "ok", None), HEADLESS: ("headless", "all", None, None)})
        self.assertEqual(services[WRITE]["endpoints"], [{"name": FIRST, "kind": "redis", "ready": True, "role": "master", "linkStatus": None}])
        self.assertEqual([(each["name"], each["role"], each["linkStatus"]) for each in services[HEADLESS]["endpoints"]],
                         [(FIRST, "master", None), (SECOND, "replica", "up"), (THIRD, "replica", "up")])
        self.assertIn(f"{POD_NAME}={FIRST}", services[WRITE]["selector"])

    def test_the_table_has_a_row_an_endpoint(self):
        answer = self.ask()
        rows = [line.split() for line in answer.out.splitlines()[1:]]
        self.assertEqual(rows, [["SERVICE", "TYPE", "ENDPOINT", "READY", "ROLE", "LINK", "VERDICT"],
                                [MASTER, "master", FIRST, "yes", "master", "-", "ok"],
                                [HEADLESS, "headless", FIRST, "yes", "master", "-", "-"],
                                [HEADLESS, "headless", SECOND, "yes", "replica", "up", "-"],
                                [HEADLESS, "headless", THIRD, "yes", "replica", "up", "-"],
                                [WRITE, "master", FIRST, "yes", "master", "-", "ok"]])
        self.assertLessEqual(max(map(len, answer.out.splitlines())), 80)
        self.assertEqual(self.ask("-o", "name").out.split(), [MASTER, HEADLESS, WRITE])

    def test_a_masters_service_that_leads_to_a_replica(self):
        self.cluster.change("services", WRITE, lambda service: service["spec"]["selector"].update({POD_NAME: SECOND}))
        services = self.services(code=1)
        self.assertEqual([(services[name]["verdict"], services[name]["code"]) for name in (MASTER, WRITE)], [("ok", None), ("critical", "SERVICE_ROUTES_TO_REPLICA")])
        self.assertIn("MASTER_DISAGREEMENT", self.codes)
        answer = self.ask(code=1)
        self.assertIn(f"Service {WRITE} leads to {SECOND}, which refuses writes", answer.out)
        self.assertIn(f"kubectl get endpointslices -l kubernetes.io/service-name={WRITE} -o wide -n default", answer.out)

    def test_a_service_that_leads_to_nothing(self):
        self.cluster.change("pods", FIRST, lambda pod: pod["status"]["conditions"][0].update(status="False"))
        services = self.services(code=1)
        self.assertEqual((services[WRITE]["verdict"], services[WRITE]["code"], services[WRITE]["routesTo"]), ("critical", "SERVICE_WITHOUT_ENDPOINTS", "nothing"))
        self.assertEqual([(each["name"], each["ready"], each["role"]) for each in services[WRITE]["endpoints"]], [(FIRST, False, "master")])
        self.cluster.change("services", WRITE, lambda service: service["spec"]["selector"].update({"role": "master"}))
        self.assertEqual(self.services(code=1)[WRITE]["endpoints"], [])
        self.assertIn([WRITE, "master", "-", "-", "-", "-", "critical"], [line.split() for line in self.ask(code=1).out.splitlines()])

    def test_a_silent_node_makes_it_unknown(self):
        self.cluster.on("GET", f"/pods/{FIRST}/portforward", refused(500, "error dialing backend: no route to host"), for_ever=True)
        services = self.services(code=1)
        self.assertEqual((services[WRITE]["verdict"], services[WRITE]["code"], services[WRITE]["endpoints"][0]["role"]), ("unknown", None, "unknown"))
        self.assertIn("NODE_UNREACHABLE", self.codes)

    def test_no_service_at_all(self):
        for name in (MASTER, WRITE, HEADLESS):
            self.cluster.change("services", name, lambda service: service["spec"].update(selector={"app": "another"}))
        self.assertEqual(self.services(), {})
        self.assertIn("no Service selects its pods", self.ask().out)

    def test_services_that_may_not_be_read(self):
        self.cluster.on("GET", "/services", refused(403, "Forbidden"), for_ever=True)
        answer = self.ask(code=5)
        self.assertIn("services", answer.err)
        self.assertEqual(answer.out, "")
        document = self.ask("--json", code=5).document
        self.assertEqual(([], "FORBIDDEN"), (document["items"], document["errors"][0]["code"]))

    def test_plain_hosts_have_none(self):
        answer = redisctl("services", "--host", SERVERS[0].address)
        self.assertEqual((answer.code, answer.out), (3, ""), answer)
        self.assertIn("redisctl: error: plain hosts have no Services\n", answer.err)
        self.assertIn("hint:  redisctl services -n NAMESPACE", answer.err)


if __name__ == "__main__":
    unittest.main()
