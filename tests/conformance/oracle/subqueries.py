"""Queries inside predicates and values, tied to the row around them most of the time."""


class Subqueries:
    """The part of the generator that writes subqueries."""

    def subquery(self, kind, scope, outer):
        """A query in a predicate, tied to the row around it most of the time."""
        choices = self.choices
        with choices.span("subquery"):
            kept = len(self.common)
            common = f"WITH {self.common_table(0)} " if choices.chance(4) else ""
            source, inner, _, _ = self.sources(1 if choices.chance(20) else 0)
            del self.common[kept:]
            around = [column for column in (*scope, *outer) if column.alias]
            conditions = []
            if choices.chance(60):
                if ties := self.links.between(inner, 1, around, 1):
                    self.features.add("correlated")
                    for one, another, _ in choices.some(ties, 1, 2):
                        conditions.append(f"{one.sql} = {another.sql}")
            if choices.chance(50):
                conditions.append(self.predicate(inner, around if choices.chance(10) else (), 1 if choices.chance(15) else 0))
            where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
            if kind is None:
                items = choices.weighted([(8, "1"), (1, "*"), (1, "count(*)")])
            else:
                column = self.column(inner, (kind,))
                item = column.sql if column and choices.chance(80) else self.value(kind, inner, (), 0)
                items = choices.weighted([(14, item), (2, f"DISTINCT {item}"), (4, "aggregate")])
                if items == "aggregate":
                    self.features.add("IN an aggregate")
                    items = self.aggregate(kind, inner, ())
            if choices.chance(6) and column_key(inner):
                key = column_key(inner)
                where += f" GROUP BY {key} HAVING count(*) > 1"
                items = "1" if kind is None else self.aggregate(kind, inner, ())
            return f"{common}SELECT {items} FROM {source}{where}"

    def scalar_subquery(self, kind, scope, outer):
        choices = self.choices
        self.features.add("scalar subquery")
        with choices.span("subquery"):
            source, inner, _, _ = self.sources(0)
            around = [column for column in (*scope, *outer) if column.alias]
            conditions = []
            ties = self.links.between(inner, 1, around, 1)
            if ties and choices.chance(60):
                self.features.add("correlated")
                conditions += [f"{one.sql} = {another.sql}" for one, another, _ in choices.some(ties, 1, 2)]
            if choices.chance(40):
                conditions.append(self.predicate(inner, (), 0))
            where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
            if choices.chance(10):
                self.features.add("subquery with LIMIT 1")
                value = self.value(kind, inner, (), 0)
                return f"(SELECT {value} FROM {source}{where} ORDER BY 1 LIMIT 1)"
            return f"(SELECT {self.aggregate(kind, inner, ())} FROM {source}{where})"


def column_key(scope):
    return next((column.sql for column in scope if column.kind == "text"), None)
