"""Values and predicates: what stands between the keywords of a query."""

from scope import both, quoted

SCALARS = ("text", "int", "float", "bool", "time")
OPERATORS = ("=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM")
ODD = {
    "text": ("''", "'us-east-1'", "'nobody'", "'%'", "'A'", "'東京'", "'it''s'"),
    "int": ("0", "1", "2", "-1", "16", "80", "443", "5000"),
    "float": ("0.5", "0.0", "1.5", "2.0", "100.0"),
    "bool": ("true", "false"),
    "time": ("TIMESTAMP '2025-06-01 00:00:00'", "TIMESTAMP '2025-12-31 12:00:00'", "TIMESTAMP '2030-01-01 00:00:00'"),
}
# Functions by what they give: what they take, and how they are written.
FUNCTIONS = {
    "text": [
        ("text", "upper({})"), ("text", "lower({})"), ("text", "reverse({})"), ("text", "substr({}, 2, 4)"),
        ("text", "split_part({}, '-', 2)"), ("text", "coalesce({}, 'none')"), ("text", "({} || '!')"),
        ("text", "replace({}, '-', '_')"), ("text", "left({}, 3)"), ("text", "right({}, 3)"), ("text", "concat({}, '/')"),
        ("int", "CAST({} AS VARCHAR)"), ("bool", "CAST({} AS VARCHAR)"), ("map", "{}['env']"), ("list", "{}[1]"),
        ("text", "nullif({}, 'us-east-1')"), ("bool", "CASE WHEN {} THEN 'yes' ELSE 'no' END"),
    ],
    "int": [
        ("text", "length({})"), ("int", "({} + 1)"), ("int", "({} * 2)"), ("int", "({} % 3)"), ("int", "(- {})"),
        ("int", "coalesce({}, 0)"), ("int", both("({} / 3)", "({} // 3)")), ("bool", "CAST({} AS INT)"),
        ("text", "strpos({}, '-')"), ("time", "CAST(date_part('year', {}) AS INT)"), ("int", "nullif({}, 1)"),
        ("time", "CAST(date_part('month', {}) AS INT)"), ("int", "abs({})"), ("float", "CAST(floor({}) AS INT)"),
    ],
    "float": [("float", "({} * 2)"), ("float", "({} / 4)"), ("int", "({} * 0.5)"), ("float", "coalesce({}, 0.0)"), ("float", "ceil({})")],
    "bool": [("bool", "(NOT {})"), ("bool", "coalesce({}, false)"), ("text", "starts_with({}, 'web')"), ("int", "({} > 1)")],
    "time": [("time", "date_trunc('month', {})"), ("time", "date_trunc('day', {})"), ("time", "({} + INTERVAL '1 day')")],
}  # fmt: skip


class Terms:
    """The part of the generator that writes values and predicates; the other part writes the queries in them."""

    def column(self, scope, kinds):
        """One of the columns of some kinds, or None; a third of the time one that joins go by."""
        fitting = [column for column in scope if column.kind in kinds]
        keys = [column for column in fitting if column.name in ("name", "arn", "region") or column.name.endswith("_name")]
        if not fitting:
            return None
        return self.choices.one_of(keys if keys and self.choices.chance(35) else fitting)

    def kind_in(self, scope, kinds):
        """One of the kinds that columns in scope have; any of them if none has."""
        there = {column.kind for column in scope}
        return self.choices.one_of([kind for kind in kinds if kind in there] or kinds)

    def literal(self, kind, column=None):
        known = column.literals if column and column.kind == kind else ()
        return self.choices.one_of(known if known and self.choices.chance(92) else ODD[kind])

    def null(self, kind):
        names = {"text": "VARCHAR", "int": "INT", "float": "DOUBLE", "bool": "BOOLEAN", "time": "TIMESTAMP"}
        return f"CAST(NULL AS {names[kind]})"

    def value(self, kind, scope, outer, depth):
        """A value of a kind."""
        choices = self.choices
        with choices.span("value"):
            column = self.column(scope, (kind,))
            form = choices.weighted([(60, "column"), (14, "function"), (4, "case"), (2, "literal"), (1, "null"), (3, "coalesce"),
                                     (2, "arithmetic"), (3, "subquery"), (2, "predicate")])  # fmt: skip
            if form == "predicate" and kind == "bool" and depth > 0:
                return self.predicate(scope, outer, 0)
            if form == "function":
                taken, text = choices.one_of(FUNCTIONS[kind])
                argument = self.column(scope, (taken,))
                if argument:
                    self.features.add("function")
                    return text.replace("{}", argument.sql)
            if form == "case" and depth > 0:
                self.features.add("CASE")
                when = self.predicate(scope, outer, 0)
                then, other = self.value(kind, scope, outer, 0), self.value(kind, scope, outer, 0)
                return f"CASE WHEN {when} THEN {then}{choices.one_of(('', f' ELSE {other}'))} END"
            if form == "null":
                return self.null(kind)
            if form == "coalesce" and depth > 0:
                name = choices.one_of(("coalesce", "nullif", "greatest", "least"))
                return f"{name}({self.value(kind, scope, outer, 0)}, {self.value(kind, scope, outer, 0)})"
            if form == "arithmetic" and kind in ("int", "float"):
                one, other = self.value(kind, scope, outer, 0), self.value(kind, scope, outer, 0)
                return f"({one} {choices.one_of('+-')} {other})"
            if form == "subquery" and depth > 0:
                return self.scalar_subquery(kind, scope, outer)
            return column.sql if column and form != "literal" else self.literal(kind, column)

    def predicate(self, scope, outer, depth):
        """A predicate on the columns in scope, and at depth on others' too."""
        choices = self.choices
        with choices.span("predicate"):
            form = choices.weighted([(60, "leaf"), (14, "AND"), (14, "OR"), (6, "NOT"), (4, "IS"), (2, "CASE")])
            if depth <= 0 or form == "leaf":
                return self.leaf(scope, outer, depth)
            inner = self.predicate(scope, outer, depth - 1)
            match form:
                case "AND" | "OR":
                    return f"({inner} {form} {self.predicate(scope, outer, depth - 1)})"
                case "NOT":
                    return f"NOT ({inner})"
                case "IS":
                    self.features.add("IS TRUE")
                    return f"({inner}) IS {choices.one_of(('', 'NOT '))}{choices.one_of(('TRUE', 'FALSE', 'UNKNOWN'))}"
                case "CASE":
                    return f"CASE WHEN {inner} THEN {self.predicate(scope, outer, depth - 1)} ELSE {self.leaf(scope, outer, 0)} END"

    def leaf(self, scope, outer, depth):
        choices = self.choices
        forms = [(20, self.comparison), (12, self.in_list), (6, self.like), (6, self.is_null), (5, self.between),
                 (5, self.columns), (4, self.flag), (1, self.constant), (4, self.lists), (2, self.distinct_and)]  # fmt: skip
        if depth > 0:
            more = 6 if self.theme == "subqueries" else 1
            subqueries = [(6, self.exists), (8, self.in_subquery), (4, self.compared_subquery), (1, self.quantified), (1, self.tuples)]
            forms += [(more * weight, form) for weight, form in subqueries]
        return choices.weighted(forms)(scope, outer)

    def comparison(self, scope, outer):
        kind = self.kind_in(scope, SCALARS)
        column = self.column(scope, (kind,))
        value = self.value(kind, scope, outer, 1)
        operator = self.choices.one_of(OPERATORS)
        other = self.choices.weighted([(19, self.literal(kind, column)), (1, "NULL" if "DISTINCT" in operator else self.null(kind))])
        left, right = (value, other) if self.choices.chance(85) else (other, value)
        if "DISTINCT" in operator:
            self.features.add("IS DISTINCT FROM")
            return f"({left} {operator} {right})"
        return f"{left} {operator} {right}"

    def distinct_and(self, scope, outer):
        """IS DISTINCT FROM, and what follows it, without parentheses."""
        self.features.add("IS DISTINCT FROM and more")
        kind = self.kind_in(scope, SCALARS)
        left, right = self.value(kind, scope, outer, 0), self.literal(kind, self.column(scope, (kind,)))
        more = self.comparison(scope, outer)
        return f"({left} IS {self.choices.one_of(('', 'NOT '))}DISTINCT FROM {right} {self.choices.one_of(('AND', 'OR'))} {more})"

    def in_list(self, scope, outer):
        """One list or two on the same value: of literals, NULLs, columns and CASE."""
        choices = self.choices
        kind = self.kind_in(scope, ("text", "text", "int", "time"))
        column = self.column(scope, (kind,))
        value = column.sql if column and choices.chance(80) else self.value(kind, scope, outer, 0)

        def item():
            form = choices.weighted([(16, "literal"), (2, "null"), (2, "column"), (1, "case")])
            if form in ("column", "case"):
                self.features.add(f"IN (… {form} …)")
            match form:
                case "literal":
                    return self.literal(kind, column)
                case "null":
                    self.features.add("IN (… NULL …)")
                    return "NULL"
                case "column":
                    return self.value(kind, scope, outer, 0)
                case "case":
                    then, other = self.literal(kind, column), self.value(kind, scope, outer, 0)
                    return f"CASE WHEN {self.comparison(scope, outer)} THEN {then} ELSE {other} END"

        def one():
            return f"{value} {choices.one_of(('', 'NOT '))}IN ({', '.join(choices.several(item, 1, 5, 65))})"

        if choices.chance(25):
            self.features.add("two IN lists")
            return f"({one()} {choices.one_of(('AND', 'OR'))} {one()})"
        return one()

    def like(self, scope, outer):
        choices = self.choices
        column = self.column(scope, ("text",))
        value = self.value("text", scope, outer, 0)
        sample = self.literal("text", column)[1:-1].replace("''", "").replace("%", "").replace("_", "")
        head, tail, middle = sample[:4], sample[-3:], sample[2:5]
        pattern = choices.one_of((f"{head}%", f"%{tail}", f"%{middle}%", f"_{sample[1:]}", sample, "%", f"{head}%{tail}"))
        operator = choices.one_of(("LIKE", "NOT LIKE", "ILIKE", "NOT ILIKE", "~", "!~"))
        if "~" in operator:
            regex = quoted(choices.one_of(("^" + head, tail + "$", middle)).replace(".", "\\."))
            self.features.add("regex")
            negated = "NOT " if "!" in operator else ""
            return both(f"({value} {operator} {regex})", f"({negated}regexp_matches({value}, {regex}))")
        return f"({value} {operator} {quoted(pattern)})"

    def is_null(self, scope, outer):
        column = self.column(scope, (*SCALARS, "list", "map"))
        value = column.sql if column and self.choices.chance(70) else self.value(self.kind_in(scope, SCALARS), scope, outer, 1)
        return f"{value} IS {self.choices.one_of(('', 'NOT '))}NULL"

    def between(self, scope, outer):
        kind = self.kind_in(scope, SCALARS)
        column = self.column(scope, (kind,))
        low, high = (self.literal(kind, column) for _ in range(2))
        return f"({self.value(kind, scope, outer, 0)} {self.choices.one_of(('', 'NOT '))}BETWEEN {low} AND {high})"

    def columns(self, scope, outer):
        """Two columns compared, one perhaps of the query around."""
        kind = self.kind_in(scope, SCALARS)
        left, right = self.value(kind, scope, outer, 0), self.value(kind, outer or scope, (), 0)
        return f"({left} {self.choices.one_of(OPERATORS)} {right})"

    def flag(self, scope, outer):
        column = self.column(scope, ("bool",))
        if not column:
            return self.is_null(scope, outer)
        tests = ("{}", "NOT {}", "{} IS TRUE", "{} IS NOT TRUE", "{} IS FALSE", "{} IS NOT FALSE", "{} IS UNKNOWN", "{} IS NOT UNKNOWN")
        return f"({self.choices.one_of(tests).replace('{}', column.sql)})"

    def constant(self, scope, outer):
        return self.choices.one_of(("true", "false", "1 = 0", "1 = 1", "NULL = 1", "'a' < 'b'", "CAST(NULL AS BOOLEAN)"))

    def lists(self, scope, outer):
        column = self.column(scope, ("list", "map"))
        if not column:
            return self.is_null(scope, outer)
        self.features.add(column.kind)
        if column.kind == "map":
            return self.choices.one_of(("{}['env'] = 'prod'", "{}['team'] IS NULL", "{}['owner'] LIKE 'Z%'")).replace("{}", column.sql)
        has = both("array_has({}, {})", "list_contains({}, {})")
        item = self.choices.one_of(column.literals or ("'0.0.0.0/0'",))
        return self.choices.one_of((has.replace("{}, {}", f"{column.sql}, {item}"), f"{column.sql}[1] = {item}", f"{column.sql}[1] IS NULL"))

    def exists(self, scope, outer):
        negated = self.choices.one_of(("", "NOT "))
        self.features.add(f"{negated}EXISTS")
        return f"{negated}EXISTS ({self.subquery(None, scope, outer)})"

    def in_subquery(self, scope, outer):
        kind = self.kind_in(scope, ("text", "text", "int"))
        negated = self.choices.one_of(("", "NOT "))
        self.features.add(f"{negated}IN (SELECT)")
        value = self.value(kind, scope, outer, 0)
        return f"{value} {negated}IN ({self.subquery(kind, scope, outer)})"

    def compared_subquery(self, scope, outer):
        kind = self.kind_in(scope, ("int", "text", "time", "float"))
        value = self.value(kind, scope, outer, 0)
        return f"({value} {self.choices.one_of(OPERATORS)} {self.scalar_subquery(kind, scope, outer)})"

    def quantified(self, scope, outer):
        self.features.add("ANY or ALL")
        kind = self.kind_in(scope, ("text", "int"))
        operator = self.choices.one_of(("=", "<>", "<", ">="))
        quantifier = self.choices.one_of(("ANY", "ALL"))
        return f"({self.value(kind, scope, outer, 0)} {operator} {quantifier} ({self.subquery(kind, scope, outer)}))"

    def tuples(self, scope, outer):
        self.features.add("row IN (SELECT)")
        table = self.table()
        pairs = self.links.between(scope, 1, table.columns, table.rows)
        if not pairs:
            return self.is_null(scope, outer)
        pair, another = self.choices.one_of(pairs), self.choices.one_of(pairs)
        if pair[1].name == another[1].name:
            return self.is_null(scope, outer)
        negated = self.choices.one_of(("", "NOT "))
        return f"(({pair[0].sql}, {another[0].sql}) {negated}IN (SELECT {pair[1].name}, {another[1].name} FROM {table.sql}))"
