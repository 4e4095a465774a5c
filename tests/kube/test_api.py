"""The API server's answers, good and bad: paging, retries, credentials, permissions, and servers that are none."""
import json
import socket
import threading
import time
import unittest
from pathlib import Path

from api_server import Answer, Fake, bridge, listing, status
from looking import PODS, SECRET, SERVICES, SLICES, Looking
from objects import pod
from program import redisctl
from servers import Authority, Server


class Api(Looking):
    @classmethod
    def setUpClass(cls):
        cls.redis = cls.enterClassContext(Server())

    def good(self, api):
        api.forward("redis-0", bridge(self.redis.port))
        return api

    def roles(self, answer) -> list:
        return [(node["name"], node["role"]) for node in answer.document["items"][0]["nodes"]]

    def test_one_look_is_three_lists_and_one_port_forward_a_pod(self):
        api = self.good(self.fake())
        self.look(api)
        paths = sorted(path for path, _, _ in api.asked)
        self.assertEqual(paths, sorted([PODS, SERVICES, SLICES, f"{PODS}/redis-0/portforward"]))

    def test_pages_are_followed(self):
        api = self.good(self.fake())
        api.on(PODS, listing("Pod", [pod("redis-0")], more="next/page="), listing("Pod", [pod("redis-1")])).forward("redis-1", bridge(self.redis.port))
        self.assertEqual([name for name, _ in self.roles(self.look(api, "--json"))], ["redis-0", "redis-1"])
        queries = [query for path, query, _ in api.asked if path == PODS]
        self.assertEqual([(q["limit"], q.get("continue")) for q in queries], [(["500"], None), (["500"], ["next/page="])])

    def test_an_expired_page_starts_the_list_anew(self):
        api = self.good(self.fake())
        api.on(PODS, listing("Pod", [pod("redis-0")], more="old"), status(410, "Expired", "The provided continue parameter is too old"), listing("Pod", [pod("redis-0")]))
        self.assertEqual(self.roles(self.look(api, "--json")), [("redis-0", "master")])

    def test_a_busy_server_is_asked_again_when_it_says_when(self):
        api = self.good(self.fake())
        api.on(PODS, Answer(429, "slow down", {"Retry-After": "1"}), listing("Pod", [pod("redis-0")]))
        answer = self.look(api, "--json")
        self.assertGreaterEqual(answer.seconds, 1)

    def test_a_server_error_without_retry_after_is_final(self):
        api = self.fake().on(PODS, status(500, "InternalError", "etcdserver: request timed out"))
        answer = self.look(api, code=4)
        self.assertIn("the API server answered 500 to list pods", answer.err)
        self.assertIn("etcdserver: request timed out", answer.err)

    def test_a_broken_connection_is_tried_again(self):
        def slam(request):
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)
        api = self.good(self.fake())
        api.on(PODS, slam, listing("Pod", [pod("redis-0")]))
        self.assertEqual(self.roles(self.look(api, "--json")), [("redis-0", "master")])

    def test_no_permission_to_list_pods(self):
        message = 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"'
        api = self.fake().on(PODS, status(403, "Forbidden", message))
        answer = self.look(api, code=5)
        self.assertIn("not permitted to list pods in namespace default", answer.err)
        self.assertIn('{apiGroups: [""], resources: [pods], verbs: [list]}', answer.err)

    def test_services_unknown_is_a_finding_and_no_failure(self):
        message = 'services is forbidden: User "jane" cannot list resource "services" in API group "" in the namespace "default"'
        api = self.good(self.fake().on(SERVICES, status(403, "Forbidden", message)))
        answer = self.look(api, "--json")
        self.assertIn("SERVICES_UNKNOWN", [finding["code"] for finding in answer.document["findings"]])

    def test_a_secret_that_may_not_be_read(self):
        message = 'secrets "cache" is forbidden: User "jane" cannot get resource "secrets" in API group "" in the namespace "default"'
        api = self.fake(pod("redis-0", secret="cache")).forward("redis-0", bridge(self.redis.port)).on(SECRET, status(403, "Forbidden", message))
        answer = self.look(api, "--json", code=5)
        error = self.error_of(answer, "redis-0")
        self.assertIn("not permitted to get secrets", error["message"])

    def test_the_password_that_only_the_operators_resource_names(self):
        labels = {"app.kubernetes.io/part-of": "redis-failover", "app.kubernetes.io/component": "redis", "redisfailovers.databases.spotahome.com/name": "rf"}
        locked = self.enterContext(Server(password="pa55-of-rf"))
        api = self.fake(pod("rfr-rf-0", labels=labels)).forward("rfr-rf-0", bridge(locked.port))
        api.on("/apis/databases.spotahome.com/v1/namespaces/default/redisfailovers/rf",
               Answer(200, {"kind": "RedisFailover", "metadata": {"name": "rf"}, "spec": {"auth": {"secretPath": "rf-auth"}}}))
        api.on("/api/v1/namespaces/default/secrets/rf-auth", Answer(200, {"kind": "Secret", "metadata": {"name": "rf-auth"}, "data": {"password": "cGE1NS1vZi1yZg=="}}))
        self.assertEqual(self.roles(self.look(api, "--json")), [("rfr-rf-0", "master")])

    def test_an_operators_resource_that_may_not_be_read_is_no_failure(self):
        labels = {"app.kubernetes.io/part-of": "redis-failover", "app.kubernetes.io/component": "redis", "redisfailovers.databases.spotahome.com/name": "rf"}
        api = self.fake(pod("rfr-rf-0", labels=labels)).forward("rfr-rf-0", bridge(self.redis.port))
        api.on("/apis/databases.spotahome.com/v1/namespaces/default/redisfailovers/rf", status(403, "Forbidden", "no"))
        self.assertEqual(self.roles(self.look(api, "--json")), [("rfr-rf-0", "master")])

    def test_an_empty_namespace(self):
        api = self.fake()
        api.on(PODS, listing("Pod", []))
        answer = self.look(api, code=3)
        self.assertIn("no Redis found in namespace default", answer.err)

    def test_an_unknown_instance_names_those_there_are(self):
        answer = self.look(self.fake(), "--instance", "cash", code=3)
        self.assertIn("no instance cash in namespace default", answer.err)
        self.assertIn("default/cache", answer.err)

    def test_impersonation_headers(self):
        api = self.good(self.fake())
        self.look(api, "--as", "jane", "--as-group", "ops")
        self.assertTrue(all(h.get("Impersonate-User") == "jane" and h.get("Impersonate-Group") == "ops" for _, _, h in api.asked), api.asked)

    def test_a_path_prefix_is_kept(self):
        api = self.enterContext(Fake())
        prefix = "/k8s/clusters/c-1"
        for path, answer in ((PODS, listing("Pod", [pod("redis-0")])), (SERVICES, listing("Service", [])), (SLICES, listing("EndpointSlice", []))):
            api.on(prefix + path, answer)
        api.forward("redis-0", bridge(self.redis.port))
        self.look(api, config=api.kubeconfig(server=api.url + prefix))
        self.assertTrue(all(path.startswith(prefix) for path, _, _ in api.asked), api.asked)

    def test_a_server_that_is_no_api_server(self):
        api = self.fake().on(PODS, Answer(200, "<html>It works!</html>", {"Content-Type": "text/html"}))
        answer = self.look(api, code=4, verify=False)
        self.assertIn("redisctl: error:", answer.err)
        self.assertIn("kubeconfig", answer.err)

    def test_a_server_that_answers_404_to_everything(self):
        api = self.fake().on(PODS, Answer(404, "404 page not found", {"Content-Type": "text/plain"}))
        answer = self.look(api, code=4, verify=False)
        self.assertIn("is no Kubernetes API server", answer.err)

    def test_nobody_listens(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            api = self.fake()
            answer = self.look(api, code=4, config=api.kubeconfig(server=f"http://127.0.0.1:{free.getsockname()[1]}"), verify=False)
        self.assertIn("no connection to 127.0.0.1", answer.err)

    def test_a_server_that_never_answers(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen(64)
            api = self.fake()
            answer = self.look(api, "--request-timeout", "1s", code=4, config=api.kubeconfig(server=f"http://127.0.0.1:{silent.getsockname()[1]}"), verify=False)
        self.assertLess(answer.seconds, 4, answer)
        self.assertIn("in time", answer.err)

    def test_ctrl_c_while_the_list_is_under_way(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen(64)
            api = self.fake()
            answer = self.look(api, code=130, config=api.kubeconfig(server=f"http://127.0.0.1:{silent.getsockname()[1]}"), interrupt_after=0.7, verify=False)
        self.assertLess(answer.seconds, 3, answer)


class Certificates(Looking):
    """Over TLS, where alone credentials are sent."""

    @classmethod
    def setUpClass(cls):
        cls.authority = cls.enterClassContext(Authority())
        cls.redis = cls.enterClassContext(Server())
        cls.ca = {"certificate-authority": cls.authority["ca.crt"]}

    def trusted(self):
        return self.fake(authority=self.authority).forward("redis-0", bridge(self.redis.port))

    def test_a_bearer_token_is_sent_with_every_request(self):
        api = self.trusted()
        api.required_token = "secret-token"
        self.look(api, config=api.kubeconfig(self.ca, {"token": "secret-token"}))
        self.assertEqual({headers.get("Authorization") for _, _, headers in api.asked}, {"Bearer secret-token"})

    def test_a_refused_token(self):
        api = self.trusted()
        api.required_token = "other"
        answer = self.look(api, code=5, config=api.kubeconfig(self.ca, {"token": "stale-token"}), verify=False)
        self.assertIn("does not accept the credentials", answer.err)
        self.assertNotIn("stale-token", answer.err)

    def test_a_plugin_is_run_once_more_after_a_401(self):
        api = self.trusted()
        api.required_token = "second"
        script = Path(api.folder.name) / "plugin"
        count = Path(api.folder.name) / "count"
        script.write_text(f"""#!/bin/sh
echo run >>{count}
if [ $(wc -l <{count}) = 1 ]; then token=first; else token=second; fi
echo '{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{{"token":"'$token'"}}}}'
""")
        script.chmod(0o755)
        plugin = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(script), "interactiveMode": "Never"}}
        self.look(api, config=api.kubeconfig(self.ca, plugin))
        self.assertEqual(count.read_text().split(), ["run", "run"])

    def test_the_named_authority_is_trusted(self):
        api = self.fake(authority=self.authority).forward("redis-0", bridge(self.redis.port))
        self.look(api, config=api.kubeconfig(self.ca))

    def test_another_authority_is_not(self):
        api = self.fake(authority=self.authority)
        answer = self.look(api, code=4, config=api.kubeconfig({"certificate-authority": self.authority["other.crt"]}), verify=False)
        self.assertIn("is not trusted", answer.err)

    def test_an_expired_certificate(self):
        api = self.enterContext(Fake(self.authority, "expired"))
        answer = self.look(api, code=4, config=api.kubeconfig(self.ca), verify=False)
        self.assertIn("is not trusted", answer.err)
        self.assertIn("expired", answer.err)

    def test_a_proxy_of_the_kubeconfig_is_used(self):
        """A proxy that nobody runs: the name of it is in the error, and the server itself hears nothing."""
        api = self.trusted()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            answer = self.look(api, code=4, config=api.kubeconfig({**self.ca, "proxy-url": f"http://127.0.0.1:{free.getsockname()[1]}"}), verify=False)
        self.assertIn("no connection", answer.err)
        self.assertEqual(api.asked, [])

    def test_skipping_verification_is_asked_for(self):
        api = self.fake(authority=self.authority).forward("redis-0", bridge(self.redis.port))
        self.look(api, "--insecure-skip-tls-verify")

    def test_a_server_name_of_its_own(self):
        api = self.fake(authority=self.authority).forward("redis-0", bridge(self.redis.port))
        self.look(api, config=api.kubeconfig({"certificate-authority": self.authority["ca.crt"], "tls-server-name": "localhost"}))
        answer = self.look(api, code=4, config=api.kubeconfig({"certificate-authority": self.authority["ca.crt"], "tls-server-name": "elsewhere"}), verify=False)
        self.assertIn("is not trusted", answer.err)


class Kubeconfig(Looking):
    def test_no_kubeconfig(self):
        answer = redisctl("replication-info")
        self.assertEqual(answer.code, 2, answer)
        self.assertIn("kubeconfig", answer.err)

    def test_a_named_file_that_is_missing(self):
        answer = redisctl("replication-info", "--kubeconfig", "/nonexistent/config")
        self.assertEqual(answer.code, 2, answer)
        self.assertIn("/nonexistent/config", answer.err)

    def test_no_yaml(self):
        api = self.fake()
        file = Path(api.folder.name) / "broken"
        file.write_text("clusters: [\n")
        self.assertIn(str(file), self.look(api, code=2, config=str(file), verify=False).err)

    def test_an_unknown_context_names_the_nearest(self):
        answer = self.look(self.fake(), "--context", "fakee", code=2, verify=False)
        self.assertIn("fakee", answer.err)
        self.assertIn("fake", answer.err)


if __name__ == "__main__":
    unittest.main()
