"""`watch` before a fake cluster and real servers: what Kubernetes tells of pods and endpoints is seen when it is told, not when a look is due."""
import time
import unittest

from asking import PASSWORD, schema_of
from cluster import NAME, Cluster, broken, meanwhile, refused
from servers import Server, eventually
from watching import Watching
from world.schema import problems

FIRST, SECOND = (f"{NAME}-{i}" for i in range(2))


def setUpModule():
    global SERVERS
    master = unittest.enterModuleContext(Server(password=PASSWORD))
    SERVERS = [master, unittest.enterModuleContext(Server(password=PASSWORD, replica_of=master)).wait_linked()]


def labelled(value: str):
    return lambda pod: pod["metadata"]["labels"].update(isMaster=value)


class Watch(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.cluster = self.enterContext(Cluster(SERVERS))

    def watching(self, *arguments: str) -> Watching:
        """No look comes by itself."""
        watching = self.enterContext(Watching("--kubeconfig", self.cluster.kubeconfig(), "--interval", "1m", *arguments))
        watching.until("begin")
        return watching

    def listening(self, *arguments: str) -> Watching:
        watching = self.watching(*arguments)
        for source in ("pods", "endpointslices"):
            self.assertIsNone(watching.until("events", subject=source, to="yes")["from"])
        return watching

    def label(self, watching: Watching, value: str) -> float:
        """Seconds until it is told."""
        known, since = len(watching.events), time.monotonic()
        self.cluster.change("pods", SECOND, labelled(value))
        eventually("the label is told", lambda: any((each["event"], each["subject"], each["to"]) == ("label", SECOND, f"isMaster={value}")
                                                    for each in watching.events[known:]), every=0.002)
        return time.monotonic() - since

    def ended(self, watching: Watching) -> None:
        self.assertEqual(watching.interrupted(), 0)
        for event in watching.events:
            self.assertEqual(problems(event, schema_of("WatchEvent")), [], event)
        self.cluster.verify()

    def test_a_label_is_seen_at_once(self):
        watching = self.listening()
        # The best of a few: the machine may be busy.
        self.assertLess(min(self.label(watching, value) for value in ("true", "false") * 2), 0.3)
        self.ended(watching)

    def test_endpoints_are_seen_at_once(self):
        watching = self.listening()

        def lead_to_second(service):
            service["spec"]["selector"]["statefulset.kubernetes.io/pod-name"] = SECOND

        since = time.monotonic()
        self.cluster.change("services", NAME, lead_to_second)
        moved = watching.until("endpoints", subject=NAME)
        self.assertLess(time.monotonic() - since, 5)
        self.assertEqual((moved["from"], moved["to"]), (FIRST, SECOND))
        # The other Service still leads to the master: they do not agree.
        self.assertEqual(watching.until("master", **{"from": FIRST})["to"], None)
        self.cluster.change("services", f"{NAME}-master", lead_to_second)
        watching.until("endpoints", subject=f"{NAME}-master")
        self.ended(watching)

    def test_a_watch_that_ends_is_taken_up_where_it_was(self):
        versions = []
        self.cluster.on("GET", r"/pods\?limit=1", meanwhile(lambda: versions.append("pods")), for_ever=True)
        self.cluster.on("GET", r"/pods\?watch=1", broken)
        watching = self.listening("--interval", "300ms")
        self.label(watching, "true")
        self.assertEqual(len(versions), 1, "it was not listed again")
        self.ended(watching)

    def test_a_version_that_was_forgotten_is_asked_for_again(self):
        versions = []
        self.cluster.on("GET", r"/endpointslices\?limit=1", meanwhile(lambda: versions.append(1)), for_ever=True)
        self.cluster.on("GET", r"/endpointslices\?watch=1", refused(410, "Expired"), refused(500, "InternalError"))
        watching = self.listening("--interval", "300ms")
        eventually("it was asked for again", lambda: len(versions) == 2)
        self.ended(watching)

    def test_a_watch_that_is_not_permitted_is_said_and_done_without(self):
        self.cluster.on("GET", r"/pods\?watch=1", refused(403, "Forbidden"), for_ever=True)
        watching = self.watching("--interval", "200ms")
        self.assertIsNone(watching.until("events", subject="pods", to="FORBIDDEN")["from"])
        self.label(watching, "true")
        self.ended(watching)


if __name__ == "__main__":
    unittest.main()
