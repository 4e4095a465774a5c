"""Checks a document against a JSON Schema, as far as the program's own schemas go; a keyword it does not know is an error."""
import re

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
SAID_ONLY = {"$schema", "$id", "$defs", "definitions", "title", "description", "default", "examples", "format", "$comment"}


def problems(document, schema, root=None, at="$") -> list:
    """Every place where the document is not what the schema says, in words."""
    root = schema if root is None else root
    if schema is True:
        return []
    if schema is False:
        return [f"{at}: nothing is allowed here"]
    found = []
    for keyword, value in schema.items():
        if keyword in SAID_ONLY:
            continue
        if keyword not in KEYWORDS:
            raise NotImplementedError(f"JSON Schema keyword {keyword} at {at}")
        found += KEYWORDS[keyword](document, value, schema, root, at)
    return found


def is_type(document, name) -> bool:
    if name in ("integer", "number"):
        whole = isinstance(document, int) or (isinstance(document, float) and document.is_integer())
        return not isinstance(document, bool) and (whole or (name == "number" and isinstance(document, float)))
    return isinstance(document, TYPES[name])


def type_(document, value, schema, root, at):
    names = [value] if isinstance(value, str) else value
    return [] if any(is_type(document, name) for name in names) else [f"{at}: {document!r} is not {' or '.join(names)}"]


def properties(document, value, schema, root, at):
    if not isinstance(document, dict):
        return []
    return [p for name, inner in value.items() if name in document for p in problems(document[name], inner, root, f"{at}.{name}")]


def required(document, value, schema, root, at):
    return [f"{at}: {name} is missing" for name in value if isinstance(document, dict) and name not in document]


def additional(document, value, schema, root, at):
    if not isinstance(document, dict):
        return []
    patterns = schema.get("patternProperties", {})
    extra = [n for n in document if n not in schema.get("properties", {}) and not any(re.search(p, n) for p in patterns)]
    return [p for name in extra for p in problems(document[name], value, root, f"{at}.{name}")]


def pattern_properties(document, value, schema, root, at):
    if not isinstance(document, dict):
        return []
    return [p for pattern, inner in value.items() for name in document if re.search(pattern, name)
            for p in problems(document[name], inner, root, f"{at}.{name}")]


def items(document, value, schema, root, at):
    return [p for i, one in enumerate(document) for p in problems(one, value, root, f"{at}[{i}]")] if isinstance(document, list) else []


def any_of(document, value, schema, root, at):
    each = [problems(document, inner, root, at) for inner in value]
    return [] if not all(each) else [f"{at}: fits none of {len(each)}: {min(each, key=len)}"]


def one_of(document, value, schema, root, at):
    fitting = sum(not problems(document, inner, root, at) for inner in value)
    return [] if fitting == 1 else [f"{at}: fits {fitting} of {len(value)} where it should fit one"]


def all_of(document, value, schema, root, at):
    return [p for inner in value for p in problems(document, inner, root, at)]


def reference(document, value, schema, root, at):
    target = root
    for step in value.removeprefix("#").strip("/").split("/"):
        target = target[step.replace("~1", "/").replace("~0", "~")] if step else target
    return problems(document, target, root, at)


def simple(holds, words):
    return lambda document, value, schema, root, at: [] if holds(document, value) else [f"{at}: {document!r} {words} {value!r}"]


def number(document) -> bool:
    return isinstance(document, (int, float)) and not isinstance(document, bool)


KEYWORDS = {
    "type": type_, "properties": properties, "required": required, "additionalProperties": additional,
    "patternProperties": pattern_properties, "items": items, "anyOf": any_of, "oneOf": one_of, "allOf": all_of, "$ref": reference,
    "enum": simple(lambda d, v: d in v, "is none of"),
    "const": simple(lambda d, v: d == v, "is not"),
    "pattern": simple(lambda d, v: not isinstance(d, str) or re.search(v, d), "does not match"),
    "minimum": simple(lambda d, v: not number(d) or d >= v, "is less than"),
    "maximum": simple(lambda d, v: not number(d) or d <= v, "is more than"),
    "minLength": simple(lambda d, v: not isinstance(d, str) or len(d) >= v, "is shorter than"),
    "minItems": simple(lambda d, v: not isinstance(d, list) or len(d) >= v, "has fewer items than"),
    "maxItems": simple(lambda d, v: not isinstance(d, list) or len(d) <= v, "has more items than"),
    "uniqueItems": simple(lambda d, v: not v or not isinstance(d, list) or all(d.index(x) == i for i, x in enumerate(d)), "repeats itself against"),
}
