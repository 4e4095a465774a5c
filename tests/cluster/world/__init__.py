"""What the tests look at and with: the Redis systems in the cluster, the people who look, and the program they use."""
