"""The charts whose masters are moved: one system of each for all modules that do so, and what they all check."""
import functools

from . import systems
from .kubectl import eventually
from .program import Asking
from .switching import POD_NAME, Switched, state_folder

# The chart that gives out roles by ordinal at every start.
PODS = ["my-redis-0", "my-redis-1", "my-redis-2"]
SERVICES = ["my-redis", "my-redis-master"]


def leading_to(pod: str) -> dict:
    """The selectors of the Services that follow the master. The chart's own lead to my-redis-0."""
    selector = {"app.kubernetes.io/name": "redis", "app.kubernetes.io/instance": "my-redis", POD_NAME: pod}
    return {name: selector for name in SERVICES}


@functools.cache
def my_redis() -> Switched:
    return Switched(systems.need(systems.SWITCHED), "my-redis", systems.PASSWORD, home=leading_to("my-redis-0"))


# Bitnami's, where the master is a StatefulSet of its own, and its Service selects a label that never moves.
SHOP_PODS = ["shop-redis-master-0", "shop-redis-replicas-0", "shop-redis-replicas-1"]
SHOP_SERVICE = "shop-redis-master"


@functools.cache
def shop() -> Switched:
    home = {"app.kubernetes.io/name": "redis", "app.kubernetes.io/instance": "shop", "app.kubernetes.io/component": "master"}
    return Switched(systems.need(systems.BITNAMI), "shop", systems.PASSWORD, home={SHOP_SERVICE: home})


class Switching(Asking):
    maxDiff = None

    def setUp(self):
        self.state = state_folder("switching")

    def check_result(self, change, code: int, outcome: str, changed: bool) -> None:
        self.assertEqual((change.code, change.result["exitCode"], change.result["outcome"], change.result["changed"]), (code, code, outcome, changed), change)

    def check_lossless(self, change, origin: str, target: str) -> None:
        """It says that it is done and that nothing was lost, and proves it."""
        self.check_result(change, 0, "done", True)
        result = change.result
        self.assertEqual((result["from"], result["to"], result["lostBytes"], result["errors"], result["warnings"]), (origin, target, 0, [], []), change)
        doubts = [name for name in ("sameHistory", "historyContinues", "fencedAtReading", "finalOffsetFrozen", "appliedAll") if not result["proof"][name]]
        self.assertEqual(doubts, [], change)
        if result["writeOutageMs"] is None:
            # Unknown where our own connections were closed around the promotion: Sentinels do that.
            self.assertEqual(result["engine"], "sentinel", change)
        else:
            self.assertLess(result["writeOutageMs"], 1000 if result["engine"] != "sentinel" else 5000, change)


    def check_no_home(self, redis: Switched, system: str) -> None:
        """Nobody is led home where no chart makes one of the pods the master at every start."""
        roles = redis.roles()
        refused = redis.change("return-home", XDG_STATE_HOME=self.state)
        self.check_result(refused, 6, "refused", False)
        error = self.only(refused.result["errors"], "error")
        self.assertEqual((error["message"], error["cause"]), (f"{redis.instance} has no home pod", f"its system is {system}: no chart makes one of its pods the master at every start"), refused)
        self.assertEqual(redis.roles(), roles)


class Chart(Switching):
    """Each test begins with my-redis-0 as the master."""

    def setUp(self):
        super().setUp()
        self.redis = my_redis()
        self.redis.reset("my-redis-0")

    def change(self, command: str, *arguments, **how):
        return self.redis.change(command, *arguments, XDG_STATE_HOME=self.state, **how)

    def begin(self, command: str, *arguments, **how):
        return self.enterContext(self.redis.begin(command, *arguments, XDG_STATE_HOME=self.state, **how))

    def check_state(self, master: str, roles: dict = None) -> None:
        """The servers, both Services and the lock: nothing borrowed is left."""
        self.assertEqual(self.redis.roles(), roles or self.redis.settled(master))
        self.assertEqual(self.redis.selectors(*SERVICES), leading_to(master))
        eventually(f"the Services lead to {master}", lambda: [self.redis.leads_to(name) for name in SERVICES] == [[master]] * 2)
        self.assertEqual((self.redis.lease() or {"holder": None})["holder"] or "", "")
        self.assertEqual({self.redis.ask(pod, "CONFIG", "GET", "min-replicas-to-write")[1] for pod in PODS}, {b"0"})
