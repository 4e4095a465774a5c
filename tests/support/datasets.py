"""Data of every type and every encoding that a server of its version saves."""
import time


def fill(server, databases=(0, 3)) -> dict:
    """Fills the server; what it then holds, as {"db0": (keys, those that expire)}."""
    with server.client() as client:
        for number in databases:
            client.command("SELECT", number)
            for words in plain(number):
                client.command(*words)
            for words in newer(number):
                try:
                    client.command(*words)
                except Exception as refused:  # an older server
                    if not str(refused).startswith("ERR unknown"):
                        raise
        functions(client)
        info = client.command("INFO", "keyspace").decode()
    counted = {}
    for line in info.splitlines():
        if line.startswith("db"):
            name, fields = line.split(":")
            numbers = dict(field.split("=") for field in fields.split(","))
            counted[name] = (int(numbers["keys"]), int(numbers["expires"]))
    return counted


def plain(number: int):
    """Since Redis 5."""
    later = int(time.time() * 1000) + 3_600_000
    yield "SET", "text", "x"
    yield "SET", "", "an empty name"
    yield "SET", b"\x00\xff binary", bytes(range(256))
    yield "SET", "big", "0123456789abcdef" * 30_000  # it is compressed
    for value in (12, -300, 70_000, 1 << 40):
        yield "SET", f"number:{value}", value
    yield "SET", "expires", "soon", "PX", 3_600_000
    yield "PEXPIREAT", "number:12", later
    yield "RPUSH", "list:small", "a", "b", 3
    yield "RPUSH", "list:large", *range(5000)
    yield "RPUSH", "list:huge", "y" * 100_000, "z"
    yield "SADD", "set:numbers", 1, 2, 3
    yield "SADD", "set:words", "a", "b"
    yield "SADD", "set:large", *(f"member:{i}" for i in range(2000))
    yield "ZADD", "sorted:small", 1, "a", 2.5, "b", "-inf", "c"
    yield "ZADD", "sorted:large", *(word for i in range(500) for word in (i / 3, f"member:{i}"))
    yield "HSET", "hash:small", "a", "b", "c", 4
    yield "HSET", "hash:large", *(word for i in range(1500) for word in (f"field:{i}", f"value {i} of {number}"))
    yield "PFADD", "hyperloglog", *range(3000)
    yield "GEOADD", "geo", 13.36, 38.11, "Palermo"
    yield "XADD", "stream:bare", "1-1", "field", "value"
    for i in range(150):
        yield "XADD", "stream:groups", f"{i + 1}-0", "field", i, "other", "value"
    yield "XGROUP", "CREATE", "stream:groups", "readers", "0"
    yield "XGROUP", "CREATE", "stream:groups", "idle", "$"
    yield "XREADGROUP", "GROUP", "readers", "one", "COUNT", 40, "STREAMS", "stream:groups", ">"
    yield "XREADGROUP", "GROUP", "readers", "two", "COUNT", 3, "STREAMS", "stream:groups", ">"
    yield "XACK", "stream:groups", "readers", "1-0", "41-0"
    yield "XDEL", "stream:groups", "7-0"


def newer(number: int):
    """Since 7.4: fields with a time to live."""
    yield "HSET", "fields:small", "a", "b", "c", "d"
    yield "HPEXPIRE", "fields:small", 3_600_000, "FIELDS", 1, "a"
    yield "HSET", "fields:large", *(word for i in range(1500) for word in (f"field:{i}", f"value {i}"))
    yield "HPEXPIRE", "fields:large", 3_600_000, "FIELDS", 2, "field:1", "field:2"


def functions(client) -> None:
    """Since 7.0."""
    for name in ("one", "two"):
        code = f"#!lua name={name}\nredis.register_function('{name}', function() return 1 end)"
        try:
            client.command("FUNCTION", "LOAD", code)
        except Exception as refused:
            if "unknown" not in str(refused):
                raise
