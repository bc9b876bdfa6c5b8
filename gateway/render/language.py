"""The language templates are written in: a small, straight-line part of Jinja2.

A template may print names and constants, choose with `if`, compare, add, and mark a block as optional. It cannot loop,
call, assign, multiply, join or reach into a value. So one rendering touches each node of the template at most once
and its output is no longer than the template and its values together: the time and size limits of DOMAIN T10 hold by
what can be written, without a thread or a signal to stop one that runs away. Jinja's own immutable sandbox is the
second fence.
"""

import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import CodeType
from typing import TypeGuard

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, Undefined, nodes
from jinja2.exceptions import UndefinedError
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gateway.domain.errors import TemplateFault
from gateway.domain.reply import Plain

# A clause is at most a few hundred characters; a source of this size is no template of ours.
MAX_SOURCE = 4_000

# Around an optional block's text in the output: OPEN level MIDDLE text CLOSE. Control characters cannot come from a
# value (they are taken out) nor from a template (refused), so these are ours alone.
OPEN, MIDDLE, CLOSE = "\x01", "\x02", "\x03"

_LINE_BREAK = re.compile(r"[ \t]*\r?\n[ \t]*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.CondExpr,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Add, nodes.Sub,
)  # fmt: skip
_TESTS = frozenset({"present", "defined", "undefined", "none"})
_DEFAULTS = frozenset({"default", "d"})
_WHAT_IS_ALLOWED = "a template may use names, if/else, comparisons, + and -, is present, default and optional"


def present(value: object) -> bool:
    """Return whether a value is there: neither missing nor None."""
    return value is not None and not isinstance(value, Undefined)


class OptionalBlocks(Extension):
    """`{% optional N %}…{% endoptional %}`: a part that may go; the lowest N stays longest.

    A missing or None value inside leaves the block out: each name in it is required, unless the block itself
    asks whether it is there or gives it a default.
    """

    tags = {"optional"}  # noqa: RUF012 - Jinja's own declaration
    line_end = ""  # what a line break in a template comes to

    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        """Read one block; its level is a number from 1 to 99 written out."""
        line = next(parser.stream).lineno
        level = int(parser.stream.expect("integer").value)
        if not 1 <= level <= 99:
            parser.fail("optional needs a level from 1 to 99", line)
        body = parser.parse_statements(("name:endoptional",), drop_needle=True)
        inside = [node for part in body for node in (part, *part.find_all(nodes.Node))]
        if any(isinstance(node, nodes.TemplateData) and node.data.startswith(OPEN) for node in inside):
            parser.fail("optional blocks do not nest", line)
        marked = [_text(f"{OPEN}{level}{MIDDLE}", line), *body, _text(CLOSE, line)]
        guard: nodes.Expr | None = None
        for name in _required(inside):
            there = nodes.Test(nodes.Name(name, "load"), "present", [], [], None, None, lineno=line)
            guard = there if guard is None else nodes.And(guard, there, lineno=line)
        return marked if guard is None else nodes.If(guard, marked, [], [], lineno=line)

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Take out line breaks with the blanks around them: in a text they are for reading and are not sent."""
        for token in stream:
            if token.type == "data":
                yield Token(token.lineno, "data", _LINE_BREAK.sub(self.line_end, token.value))
            else:
                yield token


def _text(data: str, line: int) -> nodes.Output:
    return nodes.Output([nodes.TemplateData(data)], lineno=line)


def _required(inside: Iterable[nodes.Node]) -> list[str]:
    """Return the names a block needs, in order of appearance."""
    names: dict[str, None] = {}
    asked_for: set[str] = set()
    for node in inside:
        if isinstance(node, nodes.Name):
            names[node.name] = None
        elif _asks(node) and isinstance(node.node, nodes.Name):
            asked_for.add(node.node.name)
    return [name for name in names if name not in asked_for]


def _asks(node: nodes.Node) -> TypeGuard[nodes.Test | nodes.Filter]:
    return isinstance(node, nodes.Test) or (isinstance(node, nodes.Filter) and node.name in _DEFAULTS)


def printable(value: object) -> object:
    """Check each printed value; a value that is not there counts as undefined."""
    if value is None:
        raise UndefinedError("a value printed here is None")
    if isinstance(value, bool):
        raise TemplateError("a yes/no value cannot be printed; choose words for it with if")
    return value


class Language:
    """What templates of one kind may hold: the small language, and filters of their own."""

    def __init__(
        self,
        blocks: type[OptionalBlocks] = OptionalBlocks,
        filters: Mapping[str, Callable[[object], str]] | None = None,
        finalize: Callable[[object], object] = printable,
    ) -> None:
        self.environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined,
            extensions=[blocks],
            finalize=finalize,
            autoescape=False,  # a short message is no HTML
            keep_trailing_newline=False,
        )
        self.environment.globals.clear()
        self.environment.tests["present"] = present
        self.environment.filters.update(filters or {})
        self._filters = _DEFAULTS.union(filters or ())

    def check(self, tree: nodes.Template, path: Path) -> None:
        """Refuse all that is not in the language; raises `TemplateFault` naming file and line."""
        for node in tree.find_all(nodes.Node):
            if not self._allows(node):
                name = type(node).__name__
                raise TemplateFault(f"{path}:{node.lineno}: {name} is not allowed; {_WHAT_IS_ALLOWED}")

    def _allows(self, node: nodes.Node) -> bool:
        if isinstance(node, nodes.Filter):
            return node.name in self._filters and not node.kwargs
        if isinstance(node, nodes.Test):
            return node.name in _TESTS
        if isinstance(node, nodes.Name):
            return node.name != "self"  # Jinja's own name for the template
        if isinstance(node, nodes.Const):
            return not isinstance(node.value, str) or node.value.isprintable()  # an escape could forge a mark
        return isinstance(node, _ALLOWED)


WRITTEN = Language()


class Words:
    """One compiled template."""

    __slots__ = ("_code", "_template", "path")

    def __init__(self, source: str, path: Path, language: Language = WRITTEN) -> None:
        """Compile; raises `TemplateFault` naming the file, the line and the reason."""
        self.path = path
        self._code = _compile(source, path, language)
        self._template = Template.from_code(language.environment, self._code, {})

    def render(self, values: dict[str, Plain]) -> str:
        """Return the text with optional parts between their marks; raises `TemplateFault`."""
        template = self._template
        try:
            return "".join(template.root_render_func(template.new_context(values, shared=True)))
        except (TemplateError, TypeError, ValueError, ArithmeticError) as err:
            raise TemplateFault(f"{self.path}:{self._line(err)}: {err}") from err

    def _line(self, err: BaseException) -> int:
        """Return the line of the template where `err` arose."""
        frames = traceback.extract_tb(err.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == self._code.co_filename and frame.lineno]
        return self._template.get_corresponding_lineno(lines[-1]) if lines else 1


def _compile(source: str, path: Path, language: Language) -> CodeType:
    if len(source) > MAX_SOURCE:
        raise TemplateFault(f"{path}: {len(source)} characters, a template has at most {MAX_SOURCE}")
    if control := _CONTROL.search(source.replace("\r\n", "\n")):
        line = source.count("\n", 0, control.start()) + 1
        raise TemplateFault(f"{path}:{line}: control character U+{ord(control[0]):04X}; delete it")
    try:
        tree = language.environment.parse(source, name=str(path), filename=str(path))
        language.check(tree, path)
        return language.environment.compile(tree, name=str(path), filename=str(path))
    except TemplateSyntaxError as err:
        raise TemplateFault(f"{path}:{err.lineno}: {err.message}") from err
    except (RecursionError, SyntaxError) as err:  # Python's own bounds on nested blocks and brackets
        raise TemplateFault(f"{path}: nested too deeply to compile") from err
