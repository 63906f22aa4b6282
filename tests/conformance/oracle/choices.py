"""Choices that a query is made of, and the search for the fewest and smallest that still show a difference.

A query is a function of a list of numbers. Cutting pieces out of that list, and making its numbers smaller, makes the
query smaller: nothing else needs to know what a query looks like.
"""

from contextlib import contextmanager


class Choices:
    """Numbers below the bounds that the generator asks for: random ones, or those of a list and then zeros."""

    def __init__(self, source):
        self.random = None if isinstance(source, list) else source
        self.given = source if isinstance(source, list) else []
        self.made, self.spans = [], []

    def below(self, bound):
        """A number from 0, which is to stand for the simplest case."""
        if self.random:
            value = self.random.randrange(bound)
        else:
            value = self.given[len(self.made)] if len(self.made) < len(self.given) else 0
        self.made.append(min(value, bound - 1))
        return self.made[-1]

    def chance(self, percent):
        return self.below(100) >= 100 - percent

    def one_of(self, values):
        return values[self.below(len(values))]

    def weighted(self, cases):
        """One of `(weight, value)`, the simplest of which is first."""
        drawn = self.below(sum(weight for weight, _ in cases))
        for weight, value in cases:
            if drawn < weight:
                return value
            drawn -= weight
        raise AssertionError("weights do not add up")

    def several(self, make, least, most, percent=50):
        """From `least` to `most` of what `make` gives."""
        made = []
        while len(made) < most:
            with self.span("item"):
                if len(made) >= least and not self.chance(percent):
                    break
                made.append(make())
        return made

    def some(self, values, least, most):
        """A few different ones of `values`, in their order."""
        count = min(len(values), least + self.below(most - least + 1))
        left, taken = list(range(len(values))), []
        for _ in range(count):
            taken.append(left.pop(self.below(len(left))))
        return [values[index] for index in sorted(taken)]

    @contextmanager
    def span(self, kind):
        """Choices that belong together: a reducer leaves them out, or puts those of a part in the place of a whole."""
        start, place = len(self.made), len(self.spans)
        self.spans.append(None)
        yield
        self.spans[place] = (kind, start, len(self.made))


def reduce(made, spans, differs, tries):
    """The smallest choices found in so many tries; `differs` says of choices what was really used, if they still differ."""
    best, tried = (made, spans), set()

    def attempt(candidate):
        nonlocal best, tries
        key = tuple(candidate)
        if tries <= 0 or key in tried or weight(candidate) >= weight(best[0]):
            return False
        tried.add(key)
        tries -= 1
        found = differs(candidate)
        if found and weight(found[0]) < weight(best[0]):
            best = found
            return True
        return False

    again = True
    while again and tries > 0:
        again = False
        for candidate in candidates(*best):
            if attempt(candidate):
                again = True
                break
    return best[0]


def weight(made):
    return len(made), sum(made)


def candidates(made, spans):
    """Smaller choices, those that leave out most first."""
    closed = [span for span in spans if span]
    for kind, start, end in sorted(closed, key=lambda span: span[1] - span[2]):
        if end - start > 1:
            yield made[:start] + [0] + made[end:]
        yield made[:start] + made[end:]
        for inner, from_, to in closed:
            if inner == kind and start <= from_ and to <= end and to - from_ < end - start:
                yield made[:start] + made[from_:to] + made[end:]
    for index, value in enumerate(made):
        for less in sorted({0, value // 2, value - 1}):
            if 0 <= less < value:
                yield made[:index] + [less] + made[index + 1 :]
