"""Requests drawn from the app's own OpenAPI document: a route that is added is asked without a word here."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st

Draw = st.DrawFn
Schema = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
TODAY = datetime.now(UTC).date()
DAYS = {"date": [str(date.min), str(TODAY - timedelta(1)), str(TODAY + timedelta(30)), str(date.max)]}
DAYS["date-time"] = [f"{day}T00:00:00Z" for day in DAYS["date"]]
# Titles that others have too, and some that trouble parsers.
WORDS = ["coveted", "note", "x", "O'Hara; --", "naïve ✓", "%", "\\", "a" * 100]
ODD = ["", "\0"]


class Ref(NamedTuple):
    """An id or secret, known once the request is made: of what the caller sees, of what is hidden, or of nothing."""

    kind: str
    source: str
    number: int


@dataclass
class Drawn:
    """One request; references stand where ids will."""

    method: str
    path: str
    places: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, Any] = field(default_factory=dict)
    json: Any = None
    form: Any = None
    signed_in: bool = True


class Operation(NamedTuple):
    """A method of a path, as the document describes it."""

    method: str
    path: str
    described: Schema


def operations(document: Schema) -> list[Operation]:
    """All that there is to ask."""
    return [
        Operation(method, path, methods[method])
        for path, methods in document["paths"].items()
        for method in METHODS
        if method in methods
    ]


def once_or_twice(document: Schema) -> list[Operation]:
    """Every operation, and those with a body again: that is where most can be said; and once more where it names two rows,
    since what one of them tells depends on the other.
    """
    every = operations(document)
    bodies = [each for each in every if "requestBody" in each.described]
    return every + bodies + [each for each in bodies if _named(document, each) > 1] * 2


def _named(document: Schema, operation: Operation) -> int:
    """How many rows a body has to name."""
    schema = operation.described["requestBody"]["content"].get("application/json", {}).get("schema", {})
    shape = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {})
    return sum(shape["properties"][name].get("format") == "uuid" for name in shape.get("required", ()))


@st.composite
def rounds(draw: Draw, document: Schema, part: slice) -> list[Drawn]:
    """Every operation of a part of them, in any order, and a method that a path does not have."""
    grammar = Grammar(document)
    asked = [draw(grammar.request(each)) for each in draw(st.permutations(once_or_twice(document)[part]))]
    odd = draw(st.sampled_from(asked))
    return [*asked, Drawn(draw(st.sampled_from(["PUT", "HEAD", "OPTIONS", "TRACE"])), odd.path, odd.places)]


class Grammar:
    """Values of the document's schemas."""

    def __init__(self, document: Schema) -> None:
        self.schemas = document["components"]["schemas"]
        self.tables = {table_of(path) for path in document["paths"]}

    def request(self, operation: Operation) -> st.SearchStrategy[Drawn]:
        """Mostly right in form, so that most of it gets as far as the rows."""

        @st.composite
        def drawn(draw: Draw) -> Drawn:
            spoil = draw(st.sampled_from([None] * 18 + ["value", "body"]))
            asked = Drawn(operation.method.upper(), operation.path, signed_in=draw(st.sampled_from([True] * 19 + [False])))
            home = table_of(operation.path) + "/bin" * operation.path.endswith("/restore")
            places = {"path": asked.places, "query": asked.query, "header": asked.headers}
            for each in operation.described.get("parameters", ()):
                if each.get("required") or draw(st.booleans()):
                    value = draw(self.value(each["schema"], each["name"], home))
                    places[each["in"]][each["name"]] = "odd" if spoil == "value" else value
            for media, content in operation.described.get("requestBody", {}).get("content", {}).items():
                body = draw(self.value(content["schema"], "", home))
                body = [body, {**body, "unknown": 1}][draw(st.integers(0, 1))] if spoil == "body" else body
                if media == "application/json":
                    asked.json = body
                else:
                    asked.form = body
            return asked

        return drawn()

    def value(self, schema: Schema, name: str, home: str) -> st.SearchStrategy[Any]:
        """A value of a schema; uuids are references into the table that their name says."""
        if "$ref" in schema:
            return self.value(self.schemas[schema["$ref"].rpartition("/")[2]], name, home)
        if "anyOf" in schema:
            first, *others = (self.value(each, name, home) for each in schema["anyOf"])
            return st.one_of(first, first, first, *others)
        if "const" in schema or "enum" in schema:
            return st.sampled_from(schema.get("enum") or [schema["const"]])
        if schema.get("format") == "uuid":
            return self.reference(name, home)
        if schema.get("type") == "array":
            return st.lists(self.value(schema["items"], name, home), max_size=3)
        return self.body(schema, home) if schema.get("type") == "object" else plain(schema, name)

    def body(self, schema: Schema, home: str) -> st.SearchStrategy[dict[str, Any]]:
        """What is required, and some of the rest."""

        @st.composite
        def drawn(draw: Draw) -> dict[str, Any]:
            every, required = list(schema.get("properties", {})), schema.get("required", [])
            # A change that names nothing is refused before it gets anywhere.
            chosen = required or [draw(st.sampled_from(every))]
            chosen = [name for name in every if name in chosen or draw(st.booleans())]
            return {name: draw(self.value(schema["properties"][name], name, home)) for name in chosen}

        return drawn()

    def reference(self, name: str, home: str) -> st.SearchStrategy[Ref]:
        """An id by the name of its place: `id` and `cursor` are of the path's own table or bin, `project_id` says projects."""
        if name == "share_id":
            return refs(shares_of(home))
        table = f"{name.removesuffix('_id')}s" if name.endswith("_id") else home
        return refs(table if table.removesuffix("/bin") in self.tables else "anything")


def table_of(path: str) -> str:
    """The part of a path that names its table, as `/v1/notes/{id}` and `/v1/me/sessions` do; empty where none does."""
    _, version, *parts = [*path.split("/"), ""]
    if version != "v1":
        return ""
    return parts[1] if parts[0] == "me" else parts[0]


def shares_of(table: str) -> str:
    """The table of the table's shares."""
    return f"{table.removesuffix('s')}_shares"


def plain(schema: Schema, name: str) -> st.SearchStrategy[Any]:
    """Words, numbers and secrets."""
    if name in {"email", "username"}:
        return refs("address")
    if name in {"token", "refresh_token"}:
        return refs(name)
    if schema.get("format") == "password":
        return refs("password")
    if schema.get("format") in DAYS:
        return st.sampled_from(DAYS[schema["format"]])
    numbers = [schema.get("minimum", -1), 2, 5, schema.get("maximum", 2**31)]
    words = [word[: schema.get("maxLength", 200)] for word in WORDS * 2 + ODD]
    kinds = {"string": st.sampled_from(words), "boolean": st.booleans(), "null": st.none()}
    return kinds.get(schema["type"], st.sampled_from(numbers))


def refs(kind: str) -> st.SearchStrategy[Ref]:
    """Mostly to what the caller sees, often to what is hidden, rarely to nothing."""
    return st.builds(Ref, st.just(kind), st.sampled_from(["visible"] * 6 + ["hidden"] * 3 + ["never"]), st.integers(0, 99))
