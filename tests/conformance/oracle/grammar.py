"""Random queries over tables: joins, subqueries, aggregates, windows, set operations, WITH, and what can be nested."""

from collections import Counter
from dataclasses import replace

from choices import Choices
from scope import MOST_CROSSED, NAMES, Column, Links, Relation, quoted
from subqueries import Subqueries
from terms import ODD, SCALARS, Terms

INNER = [(12, "JOIN"), (1, "LEFT JOIN"), (1, "RIGHT JOIN"), (1, "FULL JOIN")]
JOINS = [(6, "JOIN"), (4, "LEFT JOIN"), (3, "RIGHT JOIN"), (3, "FULL JOIN"), (1, "CROSS JOIN"), (1, "SEMI JOIN"), (1, "ANTI JOIN")]
# What there is more of in a query than in others.
THEMES = ("", "joins", "nested", "subqueries")
KINDS = ("text", "text", "text", "int", "int", "bool", "time", "float")
DIRECTIONS = ("", " DESC", " NULLS FIRST", " DESC NULLS LAST")
AGGREGATES = {
    "text": ["min({text})", "max({text})", "string_agg({text}, ',' ORDER BY {text})"],
    "int": ["count(*)", "count({any})", "count(DISTINCT {any})", "sum({int})", "min({int})", "max({int})", "sum(DISTINCT {int})"],
    "float": ["min({float})", "max({float})"],
    "bool": ["bool_or({bool})", "bool_and({bool})", "min({bool})", "max({bool})"],
    "time": ["min({time})", "max({time})"],
    # What may differ in its last digits, so that nothing is ordered or compared by it.
    "inexact": ["avg({int})", "sum({float})", "avg({float})", "stddev({int})", "var_pop({int})"],
}
WINDOWS = {
    "int": ["row_number() {all}", "rank() {some}", "dense_rank() {some}", "count(*) {some}", "count({any}) {part}", "sum({int}) {some}",
            "sum({int}) {rows}", "min({int}) {part}", "ntile(3) {all}", "lag({int}) {all}", "count(*) {rows}"],
    "text": ["lag({text}) {all}", "lead({text}, 2) {all}", "first_value({text}) {all}", "last_value({text}) {rows}", "max({text}) {some}",
             "min({text}) {rows}", "nth_value({text}, 2) {all}"],
    "float": ["max({float}) {some}"], "bool": ["lead({bool}) {all}"], "time": ["min({time}) {some}", "max({time}) {rows}"],
}  # fmt: skip


class Generator(Subqueries, Terms):
    """Writes one query, out of the choices that it is given."""

    def __init__(self, choices: Choices, tables: list[Relation], links: Links):
        self.choices, self.tables, self.links = choices, tables, links
        self.features, self.common, self.aliases, self.theme = set(), [], 0, ""
        self.is_numbered = False

    def top(self):
        """A query, and whether the order of its rows is part of the answer; None if only their number is."""
        self.theme = self.choices.one_of(THEMES)
        if self.choices.chance(5):
            return self.counted(), None
        kinds = None if self.choices.chance(60) else tuple(self.choices.several(self.kind, 1, 4))
        relation, is_ordered = self.query(2, (), kinds)
        return relation.sql, is_ordered

    def counted(self):
        """A query over LIMIT and OFFSET of rows in no order: how many there are is all that can be compared."""
        self.features.add("LIMIT without ORDER BY")
        inner = self.select(1, ())
        alias = self.alias()
        columns = [column.sql for column in inner.named(alias) if column.kind in SCALARS] or ["1"]
        limit = f"LIMIT {self.choices.one_of((5, 1, 20, 100))} OFFSET {self.choices.one_of((2, 0, 1, 15))}"
        order = f"ORDER BY {self.choices.one_of(columns)}"
        item, tail = self.choices.one_of(((columns[0], f" {order}"), (f"row_number() OVER ({order})", ""), (f"count(*) OVER ({order})", ""),
                                          (columns[0], f" {order} LIMIT 10 OFFSET 1"), ("1", "")))  # fmt: skip
        return f"SELECT {item} AS c0 FROM ({inner.sql} {limit}) AS {alias}{tail}"

    def kind(self):
        return self.choices.one_of(KINDS)

    def alias(self):
        self.aliases += 1
        return f"t{self.aliases}"

    def table(self):
        return self.choices.one_of(self.tables)

    # Queries.

    def query(self, depth, outer, kinds=None):
        """A query with all that may stand around its selects; its columns; whether it is ordered."""
        choices = self.choices
        with choices.span("query"):
            kept = len(self.common)
            common = choices.several(lambda: self.common_table(depth - 1), 0, 2, 25) if depth > 0 and choices.chance(20) else []
            if depth > 0 and choices.chance(15):
                body = self.set_operation(depth - 1, outer, kinds)
            else:
                body = self.select(depth, outer, kinds)
            sortable = all(column.kind in SCALARS for column in body.columns)
            is_nested = self.theme == "nested"
            limited = sortable and choices.chance(60 if is_nested and depth < 2 else 20)
            ordered = limited or (sortable and choices.chance(50 if is_nested else 15))
            sql = (f"WITH {', '.join(common)} " if common else "") + body.sql
            if ordered:
                sql += self.order(body.columns)
            if limited:
                self.features.add("LIMIT")
                sql += f" LIMIT {choices.one_of((5, 1, 2, 10, 40, 100, 0))}" + choices.one_of(("", " OFFSET 1", " OFFSET 7"))
            del self.common[kept:]
            return replace(body, sql=sql, rows=min(body.rows, 40) if limited else body.rows), ordered

    def common_table(self, depth):
        self.features.add("WITH")
        name = f"w{len(self.common) + 1}_{self.alias()}"
        relation, _ = self.query(depth, ())
        self.common.append(replace(relation, sql=name))
        return f"{name} AS ({relation.sql})"

    def order(self, columns):
        """A total order: all columns are in it, some of them first."""
        self.features.add("ORDER BY")
        first = [f"{column}{self.choices.one_of(DIRECTIONS)}" for column in self.choices.some(range(1, len(columns) + 1), 0, 2)]
        taken = {int(key.split(" ")[0]) for key in first}
        return " ORDER BY " + ", ".join([*first, *(str(index) for index in range(1, len(columns) + 1) if index not in taken)])

    def set_operation(self, depth, outer, kinds):
        choices = self.choices
        first = self.select(depth, outer, kinds or tuple(choices.several(self.kind, 1, 3)))
        sql, rows = first.sql, first.rows
        kinds = tuple(column.kind for column in first.columns)
        for _ in range(choices.weighted([(4, 1), (1, 2)])):
            name = choices.one_of(("UNION ALL", "UNION", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"))
            self.features.add(name)
            if choices.chance(15):
                arm, _ = self.query(depth, outer, kinds)
                arm = replace(arm, sql=f"({arm.sql})")
            else:
                arm = self.select(depth, outer, kinds)
            sql, rows = f"{sql} {name} {arm.sql}", rows + arm.rows
        return Relation(sql, tuple(replace(column, counts=None) for column in first.columns), rows)

    def select(self, depth, outer, kinds=None):
        """A SELECT with its FROM, WHERE and GROUP BY; with columns of these kinds, or some."""
        choices = self.choices
        with choices.span("select"):
            source, scope, rows, is_derived = self.sources(depth)
            conditions = []
            if choices.chance(5):
                source, scope, rows, is_derived = self.comma(source, scope, rows, conditions)
            if choices.chance(25 if self.theme == "joins" else 60):
                # DataFusion takes a name that USING made one of two in SELECT, GROUP BY and ORDER BY, but hardly in WHERE.
                named = scope if choices.chance(10) else [column for column in scope if column.alias]
                conditions.append(self.predicate(named or scope, outer, depth))
            condition = f" WHERE {' AND '.join(conditions)}" if conditions else ""
            form = choices.weighted([(60, "plain"), (22, "grouped"), (9, "distinct"), (9, "window")])
            if form == "grouped":
                return self.grouped(f" FROM {source}{condition}", scope, outer, rows, kinds, depth)
            kinds = kinds or choices.several(lambda: choices.weighted([(5, self.kind_in(scope, KINDS)), (3, "bare")]), 1, 5, 60)
            items = [self.item(kind, scope, outer, depth - 1) for kind in kinds]
            if form == "window":
                narrow = is_derived and all(column.kind in SCALARS for column in scope)
                self.is_numbered = not narrow
                items = [self.window(item, scope) if choices.chance(60) else item for item in items]
            if form == "distinct":
                self.features.add("DISTINCT")
                items = [item for item in items if item[1] in SCALARS] or [self.item("text", scope, outer, 0)]
            distinct = "DISTINCT " if form == "distinct" else ""
            named, columns = self.named(items)
            return Relation(f"SELECT {distinct}{named} FROM {source}{condition}", columns, rows)

    def item(self, kind, scope, outer, depth):
        """A value with its kind, and the column that it is if it is nothing else."""
        if kind == "bare":
            keys = [column for column in scope if column.name in NAMES]
            column = self.choices.one_of(keys if keys and self.choices.chance(70) else scope)
            return column.sql, column.kind, column
        sql = self.value(kind, scope, outer, depth)
        column = next((column for column in scope if column.sql == sql), None)
        return sql, kind, column

    def named(self, items):
        """Items with names: their columns' where nothing else has it, so that other tables have the same ones."""
        texts, columns = [], []
        for index, (sql, kind, column) in enumerate(items):
            name = f"c{index}"
            if column and not self.made(column.name) and column.name not in [other.name for other in columns] and self.choices.chance(50):
                name = column.name
            texts.append(f"{sql} AS {name}")
            columns.append(Column(name, kind, "", column.counts if column else None, column.literals if column else ()))
        return ", ".join(texts), tuple(columns)

    @staticmethod
    def made(name):
        """Whether a name is one of those that `named` makes."""
        return name[0] == "c" and name[1:].isdigit()

    def grouped(self, clauses, scope, outer, rows, kinds, depth):
        choices = self.choices
        self.features.add("aggregate")
        items, keys, is_set = [], [], False
        if choices.chance(70):
            self.features.add("GROUP BY")
            is_set = choices.chance(20)
            for kind in (kinds or choices.several(lambda: self.kind_in(scope, KINDS), 1, 3)) if kinds is None or choices.chance(50) else kinds[:-1]:
                column = self.column(scope, (kind,))
                if is_set or choices.chance(75):
                    key = column.sql if column else None
                else:
                    key = self.value(kind, scope, (), 0)
                # A literal would be taken for a column's number.
                if key and any(column.alias + "." in key for column in scope if column.alias) and key not in keys:
                    keys.append(key)
                    items.append((key, kind, column if column and column.sql == key else None))
        if kinds is None and choices.chance(10):
            # A literal beside aggregates is a name that the outer query may ask for.
            items.append((quoted(choices.one_of(("x", "y"))), "text", None))
        for kind in kinds[len(items) :] if kinds else choices.several(lambda: self.kind_in(scope, ("int", *AGGREGATES)) if choices.chance(80) else "inexact", 0 if keys else 1, 3):
            items.append((self.aggregate(kind, scope, outer), kind, None))
        if kinds:
            items = [self.matching(items, index, kind, scope, outer, keys) for index, kind in enumerate(kinds)]
        named, columns = self.named([(sql, kind, column) for sql, kind, column in items])
        columns = tuple(replace(column, counts=None) for column in columns)
        groups = f" GROUP BY {self.grouping(keys, is_set)}" if keys else ""
        having = f" HAVING {self.having(scope, outer)}" if choices.chance(25) else ""
        return Relation(f"SELECT {named}{clauses}{groups}{having}", columns, rows if keys else 1)

    def matching(self, items, index, kind, scope, outer, keys):
        """The item that is wanted in a place, or an aggregate of its kind."""
        if index < len(items) and items[index][1] == kind:
            return items[index]
        return self.aggregate(kind, scope, outer), kind, None

    def grouping(self, keys, is_set):
        if not is_set:
            return ", ".join(keys)
        name = self.choices.one_of(("ROLLUP", "CUBE", "GROUPING SETS"))
        self.features.add(name)
        sets = f"({', '.join(f'({key})' for key in keys)}, ())"
        return f"{name} {sets}" if name == "GROUPING SETS" else f"{name} ({', '.join(keys)})"

    def aggregate(self, kind, scope, outer):
        text = self.choices.one_of(AGGREGATES[kind])
        for taken in (*SCALARS, "any"):
            if f"{{{taken}}}" in text:
                column = self.column(scope, SCALARS if taken == "any" else (taken,))
                if column and ("string_agg" in text or self.choices.chance(80)):
                    value = column.sql
                elif "string_agg" in text:
                    text, value = "min({text})", "'none'"
                else:
                    value = self.value(column.kind if column else "text" if taken == "any" else taken, scope, (), 0)
                text = text.replace(f"{{{taken}}}", value)
        if self.choices.chance(15):
            self.features.add("FILTER")
            text += f" FILTER (WHERE {self.leaf(scope, (), 0)})"
        return text

    def having(self, scope, outer):
        self.features.add("HAVING")
        form = self.choices.below(4)
        if form == 0:
            return f"count(*) {self.choices.one_of(('>', '=', '<'))} {self.choices.one_of((1, 2, 5, 100))}"
        kind = self.kind_in(scope, ("int", "text", "time", "bool"))
        value = self.aggregate(kind, scope, outer)
        if form == 1:
            return f"{value} IS {self.choices.one_of(('NOT ', ''))}NULL"
        if form == 2:
            return f"({value} {self.choices.one_of(('>', '<', '=', '<>'))} {self.literal(kind)})"
        return f"{value} IN ({self.literal(kind)}, {self.literal(kind)}, {self.null(kind)})"

    def window(self, item, scope):
        """A window function of a kind; what depends on the order of rows only where all columns are in that order, and once:
        rows that are equal in all of them have another order in each window."""
        choices = self.choices
        kind = item[1]
        numbering = {form for form in WINDOWS.get(kind, ()) if "{all}" in form or "{rows}" in form}
        forms = [form for form in WINDOWS.get(kind, ()) if not (self.is_numbered and form in numbering)]
        if not forms:
            return item
        self.features.add("window")
        text = choices.one_of(forms)
        self.is_numbered |= text in numbering
        for taken in (*SCALARS, "any"):
            if f"{{{taken}}}" in text:
                column = self.column(scope, SCALARS if taken == "any" else (taken,))
                text = text.replace(f"{{{taken}}}", column.sql if column else ODD.get(taken, ODD["text"])[0])
        keys = [column.sql for column in scope if column.kind in SCALARS] or ["1"]
        part = f"PARTITION BY {choices.one_of(keys)} " if choices.chance(60) else ""
        first = choices.one_of(keys) + choices.one_of(DIRECTIONS)
        frame = choices.one_of(("1 PRECEDING AND 1 FOLLOWING", "UNBOUNDED PRECEDING AND CURRENT ROW", "2 PRECEDING AND 1 PRECEDING"))
        total = f"ORDER BY {', '.join([first, *keys])}"
        over = {"all": f"OVER ({part}{total})", "some": f"OVER ({part}ORDER BY {first})", "part": f"OVER ({part.strip()})",
                "rows": f"OVER ({part}{total} ROWS BETWEEN {frame})"}  # fmt: skip
        for name, clause in over.items():
            text = text.replace(f"{{{name}}}", clause)
        return text, kind, None

    # Sources.

    def sources(self, depth):
        """FROM: its text, the columns in scope, about how many rows it has, and whether it is one query in parentheses."""
        choices = self.choices
        first, is_derived = self.source(depth)
        alias = self.alias()
        text, scope, rows = f"{first.sql} AS {alias}", first.named(alias), first.rows
        most = (0, 2, 4)[min(depth, 2)]
        is_chain = self.theme == "joins" and depth == 2
        joins = 2 + choices.below(3) if is_chain else len(choices.several(lambda: None, 0, most, 40))
        for index in range(joins):
            # At the end of a chain stands a list of values of one of the tables: a filter for that one alone.
            more, scope, rows = self.join(scope, rows, is_chain, is_chain and index == joins - 1)
            text, is_derived = text + more, False
        return text, scope, rows, is_derived

    def source(self, depth):
        choices = self.choices
        with choices.span("source"):
            forms = [(12, "table"), (3 if self.theme == "joins" else 1, "values")]
            if depth > 0:
                forms.append((12 if self.theme == "nested" else 3, "derived"))
            if self.common:
                forms.append((10, "common"))
            match choices.weighted(forms):
                case "derived":
                    self.features.add("derived table")
                    relation, _ = self.query(depth - 1, ())
                    return replace(relation, sql=f"({relation.sql})"), True
                case "common":
                    return choices.one_of(self.common), False
                case "values":
                    return self.values(), False
            return self.table(), False

    def values(self, scope=None):
        """A list of values of some column, of those in scope or of any table."""
        self.features.add("VALUES")
        known = [column for column in scope or () if column.counts and column.literals]
        names = [column for column in known if column.name in NAMES or column.name.endswith(("_name", "_to", "_arn"))]
        column = self.choices.one_of(names or known) if known else self.column(self.table().columns, ("text", "text", "int"))
        name = self.choices.one_of(("k", column.name))
        items = self.choices.several(lambda: self.literal(column.kind, column), 1, 5, 70)
        rows = [*items, "NULL"] if len(items) > 1 and self.choices.chance(15) else items
        counts = Counter(eval_literal(item) for item in items)
        alias = self.alias()
        text = f"(SELECT * FROM (VALUES {', '.join(f'({row})' for row in rows)}) AS {alias}({name}))"
        return Relation(text, (Column(name, column.kind, "", counts, tuple(items)),), len(rows))

    def comma(self, source, scope, rows, conditions):
        """One more table behind a comma, and joined by WHERE."""
        table, alias = self.table(), self.alias()
        columns = table.named(alias)
        pairs = [pair for pair in self.links.between(scope, rows, columns, table.rows) if pair[0].alias]
        if not pairs:
            return source, scope, rows, False
        self.features.add("comma")
        left, right, size = self.choices.one_of(pairs)
        conditions.append(f"{left.sql} = {right.sql}")
        taken = {column.name for column in columns}
        unique = [column for column in scope if column.alias or column.name not in taken]
        return f"{source}, {table.sql} AS {alias}", unique + columns, size, False

    def join(self, scope, rows, is_chain, is_list):
        """A join to what is in scope: its text, the scope and the rows behind it."""
        choices = self.choices
        with choices.span("join"):
            right = self.values(scope) if is_list and choices.chance(60) else self.source(1 if choices.chance(25) else 0)[0]
            alias = self.alias()
            columns = right.named(alias)
            source = f"{right.sql} AS {alias}"
            taken = {column.name for column in columns}
            # A name that USING has made one of two would be ambiguous beside the same name of the right side.
            unique = [column for column in scope if column.alias or column.name not in taken]
            kind = choices.weighted(INNER if is_chain else JOINS)
            pairs = self.links.between(scope, rows, columns, right.rows)
            if kind == "CROSS JOIN" or not pairs:
                if rows * right.rows > MOST_CROSSED:
                    return "", scope, rows
                self.features.add("CROSS JOIN")
                return f" CROSS JOIN {source}", unique + columns, rows * right.rows
            if is_list:
                # By the column that the list is of, if it is of one.
                pairs = [pair for pair in pairs if set(pair[1].literals) <= set(pair[0].literals)] or pairs
            elif is_chain:
                pairs = [pair for pair in pairs if pair[0].name not in ("profile", "account_id")] or pairs
            named = [pair for pair in pairs if pair[0].name == pair[1].name]
            left, other, size = choices.one_of(named if named and choices.chance(50) else pairs)
            self.features.add(kind)
            is_half = kind in ("SEMI JOIN", "ANTI JOIN")
            both_sides = unique + columns
            size = max(size, rows if kind in ("LEFT JOIN", "FULL JOIN") else 0, right.rows if kind in ("RIGHT JOIN", "FULL JOIN") else 0)
            word = f"⟦LEFT {kind}¦{kind}⟧" if is_half else kind
            if style := self.shared_name(scope, columns, left, other, right, is_half):
                sql, merged = style
                return sql.replace("{join}", word), merged, size
            pairs = [pair for pair in pairs if pair[0] in unique]
            if left not in unique:
                return "", scope, rows
            on = [f"{left.sql} = {other.sql}"]
            on += [f"{a.sql} = {b.sql}" for a, b, _ in choices.some(pairs, 0, 1)] if choices.chance(25) else []
            if choices.chance(15):
                self.features.add("ON with more")
                on.append(self.predicate(both_sides, (), 1 if choices.chance(10) else 0))
            return f" {word} {source} ON {' AND '.join(on)}", scope if is_half else both_sides, rows if is_half else size

    def shared_name(self, scope, columns, left, other, right, is_half):
        """USING or NATURAL, if the names allow it: the text and the scope."""
        choices = self.choices
        names = Counter(column.name for column in scope)
        if left.name != other.name or names[left.name] != 1 or is_half or not choices.chance(40):
            return None
        alias = columns[0].alias
        if choices.chance(30):
            # Only the columns that are to be shared have the same name.
            self.features.add("NATURAL")
            rest = [column for column in columns if column.name == other.name or column.name not in names][:4]
            if other.name not in [column.name for column in rest]:
                rest.append(other)
            kept = ", ".join(column.name for column in rest)
            text, new = f" NATURAL {{join}} (SELECT {kept} FROM {right.sql} AS n{alias}) AS {alias}", rest
        else:
            self.features.add("USING")
            text, new = f" {{join}} {right.sql} AS {alias} USING ({left.name})", columns
        merged = Column(left.name, left.kind, "", left.counts, left.literals)
        # Elsewhere the name of one table alone, so that both are read.
        return text, [merged, *(column for column in scope if column.name != left.name), *(c for c in new if c.name != left.name)]


def eval_literal(text):
    """What a literal of text or of a whole number stands for."""
    return text[1:-1].replace("''", "'") if text.startswith("'") else int(text)
