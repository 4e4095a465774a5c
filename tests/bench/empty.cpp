// An empty program that is linked with the same libraries as redisctl: what is left of its time is the loader's.
int main() {}
