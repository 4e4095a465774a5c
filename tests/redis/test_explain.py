"""`explain`: what a finding's code means. It asks nobody."""
import unittest

from asking import Asking


class Explain(Asking):
    def test_one_code_in_words(self):
        answer = self.ask("explain", "SERVICE_ROUTES_TO_REPLICA")
        self.assertEqual(answer.out.splitlines(), [
            "SERVICE_ROUTES_TO_REPLICA  critical; warning when only its name says master",
            "  means:  a master's Service leads to a replica: every write through it fails",
            "  look:   its selector, or its pods' labels",
            "  paste:  redisctl services -o wide",
            "          kubectl get endpointslices -l kubernetes.io/service-name=SERVICE -o wide"])
        self.assertEqual(answer.err, "")

    def test_it_may_be_typed_as_words_are(self):
        self.assertEqual(self.ask("explain", "split-brain").out, self.ask("explain", "SPLIT_BRAIN").out)

    def test_a_typo_is_told_what_it_may_have_meant(self):
        answer = self.ask("explain", "SPLIT_BRIAN", code=2)
        self.assertEqual((answer.out, answer.err), ("", "redisctl: error: there is no finding 'SPLIT_BRIAN'; did you mean 'SPLIT_BRAIN'?\n"
                                                        "  hint:  redisctl explain SPLIT_BRAIN\n"))
        self.assertIn("hint:  redisctl explain\n", self.ask("explain", "something-else-altogether", code=2).err)

    def test_without_a_code_all_are_listed(self):
        items = self.document("explain", "Explanation")["items"]
        self.assertGreater(len(items), 30)
        answer = self.ask("explain")
        for item in items:
            self.assertRegex(answer.out, rf"(?m)^{item['code']} +{item['severity']} ")
        self.assertEqual(self.ask("explain", "-o", "name").out.split(), [item["code"] for item in items])

    def test_one_code_as_a_document(self):
        item = self.only(self.document("explain", "Explanation", "NO_MASTER")["items"])
        self.assertEqual((item["code"], item["severity"], item["except"], item["paste"]), ("NO_MASTER", "critical", None, ["redisctl role", "redisctl heal", "redisctl failover --dry-run"]))


if __name__ == "__main__":
    unittest.main()
