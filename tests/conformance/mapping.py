"""How an API response becomes rows, worked out from boto3's service model.

The rules, and nothing of lightsail-sql's own code: a column is the member's path in snake case; wrappers add no prefix;
a list of structures is a table of its own; tags are one map; what is absent is None.
"""

import re
from datetime import datetime, timezone

WRAPPERS = {"location", "hardware", "networking", "monthlyTransfer", "certificateDetail"}
# Members whose column is not called after their path.
RENAMED = {
    ("state", "name"): "state",
    ("instanceStatus", "status"): "instance_status",
    ("systemStatus", "status"): "system_status",
    ("certificateArn",): "arn",
}
# Lists of structures that are columns.
KEPT = {("instanceStatus", "details"), ("systemStatus", "details")}


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def instant(value):
    """Milliseconds since 1970 of a datetime, of epoch seconds or of ISO text that names its zone."""
    if value is None:
        return None
    if isinstance(value, str):
        value = datetime.fromisoformat(value.replace("Z", "+00:00"))
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value}")
    if isinstance(value, datetime):
        value = value.astimezone(timezone.utc).timestamp()
    return round(value * 1000)


def normal(shape, value):
    """A response value of this shape with its times as milliseconds, so that all clients' answers compare."""
    if value is None:
        return None
    if shape.type_name == "timestamp":
        return instant(value)
    if shape.type_name == "structure":
        return {key: normal(shape.members[key], item) for key, item in value.items()}
    if shape.type_name == "list":
        return [normal(shape.member, item) for item in value]
    if shape.type_name == "map":
        return {key: normal(shape.value, item) for key, item in value.items()}
    return value


def members(shape, path=()):
    """(path, shape) of all members that are no structure."""
    for key, member in shape.members.items():
        if member.type_name == "structure":
            yield from members(member, (*path, key))
        else:
            yield (*path, key), member


def elements_of(shape):
    """The shape of the structures that a list or a map holds, or None."""
    kind = {"list": "member", "map": "value"}.get(shape.type_name)
    held = getattr(shape, kind) if kind else None
    return held if held is not None and held.type_name == "structure" else None


def is_column(path, shape):
    return path[-1] == "tags" or path in KEPT or elements_of(shape) is None


def name_of_column(path, renamed):
    if path[-2:] == ("location", "regionName"):
        return "region"
    known = RENAMED | renamed
    return known.get(path) or "_".join(snake(key) for key in path if key not in WRAPPERS or key == path[-1])


def dig(value, path):
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


class Columns:
    """The columns that the members of a structure are: all but what is at or below `omitted`."""

    def __init__(self, shape, omitted, renamed):
        self.shapes, self.places = {}, []
        for path, member in members(shape):
            if is_column(path, member) and not any(path[: len(place)] == place for place in omitted):
                column = name_of_column(path, renamed)
                self.shapes[column] = member
                self.places.append((path, column))

    def row(self, value):
        """A normal value as a row, and the columns for which two members say different things."""
        row, torn = dict.fromkeys(self.shapes), set()
        for path, column in self.places:
            said = cell(self.shapes[column], dig(value, path), path[-1] == "tags")
            if said is not None:
                torn |= {column} if row[column] not in (None, said) else set()
                row[column] = said
        return row, torn


def cell(shape, value, are_tags=False):
    """A value as its cell holds it: structures with all their members, in snake case, and tags by key."""
    if value is None:
        return None
    if are_tags:
        return {tag["key"]: tag.get("value") for tag in value}
    if shape.type_name == "list":
        return [cell(shape.member, item) for item in value]
    if shape.type_name == "structure":
        return {snake(key): cell(member, value.get(key)) for key, member in shape.members.items()}
    return value


def times(shape, value):
    """A cell with its times as milliseconds."""
    if value is None or shape is None:
        return value
    if shape.type_name == "timestamp":
        return instant(value)
    if shape.type_name == "list" and isinstance(value, list):
        return [times(shape.member, item) for item in value]
    if shape.type_name == "structure":
        shapes = {snake(key): member for key, member in shape.members.items()}
        return {key: times(shapes.get(key), item) for key, item in value.items()}
    return value


def levels(shape, path):
    """(path from the level before, shape) of each structure in a list or map on the way to `path`, outermost first."""
    found, way = [((), shape)], ()
    for key in path:
        shape, way = shape.members[key], (*way, key)
        if elements_of(shape):
            shape = elements_of(shape)
            found.append((way, shape))
            way = ()
    return found


def chains(value, ways):
    """(structures from `value` down to an element, its key in a map) for each element at the end of `ways`."""
    if not ways:
        yield [value], None
        return
    held = dig(value, ways[0]) or ()
    for key, element in held.items() if isinstance(held, dict) else ((None, element) for element in held):
        for below, name in chains(element, ways[1:]):
            yield [value, *below], key if name is None else name
