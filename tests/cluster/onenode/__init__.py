"""A real one-node Kubernetes for the tests: how it is built, started, used and taken away again."""
