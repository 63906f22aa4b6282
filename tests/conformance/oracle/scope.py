"""What a query can name: tables, their columns, and which of those have values in common."""

from collections import Counter
from dataclasses import dataclass, field, replace

# The most rows that a join may be estimated to have, and that every row of two tables may be combined to.
MOST_JOINED, MOST_CROSSED = 20_000, 4_000

# Columns that nearly all tables have.
NAMES = ("name", "arn", "region", "profile", "account_id")


@dataclass(frozen=True)
class Column:
    """A column and where it can be read: `a.name` of an alias."""

    name: str
    kind: str
    alias: str = ""
    # How often it has which value, if that is known: of a column of a table, or of VALUES.
    counts: Counter = field(default=None, compare=False, repr=False)
    # SQL literals for some of them.
    literals: tuple = field(default=(), compare=False, repr=False)

    @property
    def sql(self):
        return f"{self.alias}.{self.name}" if self.alias else self.name


@dataclass(frozen=True)
class Relation:
    """Something to select from, as text, with what an alias makes of its columns."""

    sql: str
    columns: tuple
    rows: int

    def named(self, alias):
        return [replace(column, alias=alias) for column in self.columns]


def both(ours, theirs):
    """Text that differs between the two dialects."""
    return f"⟦{ours}¦{theirs}⟧"


def render(text, is_theirs):
    """Text of one dialect."""
    while "⟧" in text:
        end = text.index("⟧")
        start = text.rindex("⟦", 0, end)
        text = text[:start] + text[start + 1 : end].split("¦")[is_theirs] + text[end + 1 :]
    return text


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


class Links:
    """Pairs of columns of two sides by which a join has rows, but not too many."""

    def __init__(self):
        self.known = {}

    def matches(self, left, right):
        """How many pairs of rows have the same value in two columns."""
        if left.counts is None or right.counts is None or left.kind != right.kind:
            return 0
        key = id(left.counts), id(right.counts)
        if key not in self.known:
            few, many = sorted((left.counts, right.counts), key=len)
            # The counters are kept as well, so that their ids stay theirs.
            found = sum(count * many[value] for value, count in few.items() if value in many)
            self.known[key] = (found, left.counts, right.counts)
        return self.known[key][0]

    def between(self, left, left_rows, right, right_rows):
        """The pairs, those of the same name first, and how many rows a join by each may have."""
        pairs = []
        for one in left:
            for other in right:
                if found := self.matches(one, other):
                    sizes = max(1, one.counts.total()) * max(1, other.counts.total())
                    rows = int(found * left_rows * right_rows / sizes) + 1
                    if rows <= MOST_JOINED:
                        pairs.append((one, other, rows))
        return sorted(pairs, key=lambda pair: pair[0].name != pair[1].name)
