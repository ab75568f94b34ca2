"""YAML text to a tree of nodes that know their line and key path.

Scalars are not converted here: `Node` keeps the text as the file has it, so that `2024-10-21`, `0666` or `no` stay
what the person wrote. Nothing is constructed from tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml
from yaml.nodes import MappingNode, ScalarNode, SequenceNode
from yaml.nodes import Node as YamlNode
from yaml.reader import Reader

from .config_faults import Findings
from .translatable import Translatable, say

# libyaml's parser is ten times as fast; a PyYAML built without it still works.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STRING_TAG = "tag:yaml.org,2002:str"
_MERGE_TAG = "tag:yaml.org,2002:merge"
_PLAIN_STYLES = (None, "")  # the pure parser says None, libyaml ""

_KIND_BY_TEXT = (  # YAML 1.2.2, 10.3.2: the core schema, as editors see it
    ("null", re.compile(r"~|null|Null|NULL|")),
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE")),
    ("int", re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")),
    ("float", re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")),
    ("float", re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")),
)
_OWN_TAGS = "tag:yaml.org,2002:"
_BARE_KEY = re.compile(r"[^\s.\[\]\"]+")


def kind_of_plain_text(text: str) -> str:
    """What an unquoted scalar is: "null", "bool", "int", "float" or "str" ."""
    return next((kind for kind, pattern in _KIND_BY_TEXT if pattern.fullmatch(text)), "str")


@dataclass(frozen=True, slots=True)
class Node:
    """One place of the file. `path` is its key path: "providers[2].balance[0]". Children are made when asked for, so
    that a file whose anchors multiply costs no more than what the rules look at."""

    yaml_node: YamlNode
    path: str

    @property
    def line(self) -> int:
        return int(self.yaml_node.start_mark.line) + 1

    @property
    def kind(self) -> str:
        """ "list", "mapping", or the scalar's: "null", "bool", "int", "float", "str"."""
        node = self.yaml_node
        if isinstance(node, MappingNode):
            return "mapping"
        if isinstance(node, SequenceNode):
            return "list"
        if self.quoted or node.tag == _STRING_TAG:
            return "str"
        return kind_of_plain_text(node.value)

    @property
    def quoted(self) -> bool:
        return isinstance(self.yaml_node, ScalarNode) and self.yaml_node.style not in _PLAIN_STYLES

    @property
    def text(self) -> str:
        """A scalar's text as the file has it, without its quotes; "" for a list or mapping."""
        return str(self.yaml_node.value) if isinstance(self.yaml_node, ScalarNode) else ""

    def items(self) -> tuple[Node, ...]:
        """The members of a list; none for anything else."""
        if not isinstance(self.yaml_node, SequenceNode):
            return ()
        return tuple(Node(child, f"{self.path}[{place}]") for place, child in enumerate(self.yaml_node.value))

    def entries(self) -> dict[str, Node]:
        """The pairs of a mapping, `<<` merged in behind its own keys; none for anything else."""
        found: dict[str, Node] = {}
        for key, child in _pairs(self.yaml_node, set()):
            found.setdefault(key, Node(child, join_path(self.path, key)))
        return found


def join_path(path: str, key: str) -> str:
    """join_path("server", "debug") is "server.debug"; a key with dots or spaces is quoted: `model[0]["gpt-4.1"]`."""
    if not _BARE_KEY.fullmatch(key):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def parse_yaml(text: str, findings: Findings) -> Node:
    """The file's top node. Raises `ConfigFaults` for what is no YAML, or empty: nothing can be read on from there.

    A key that stands twice in one mapping is told to the findings: YAML's readers keep the last and say nothing.
    """
    text = text.removeprefix("\ufeff")
    unprintable = Reader.NON_PRINTABLE.search(text)
    if unprintable:
        line = text.count("\n", 0, unprintable.start()) + 1
        found = say("the character U+%(code)s", code=f"{ord(unprintable[0]):04X}")
        findings.fail(line, found, say("text without control characters"))
    try:
        top = yaml.compose(text, Loader=_LOADER)
        if top is None:
            allowed = say("the sections providers and tokens (api.yaml.example shows them)")
            findings.fail(0, say("an empty file"), allowed)
        _tell_bad_keys(top, "", findings, set())
    except yaml.MarkedYAMLError as error:
        problem = error.problem or ""
        # A quote or bracket that is never closed is noticed at the file's end; the person needs the line it opens in.
        mark = error.context_mark if "end of stream" in problem and error.context_mark else error.problem_mark
        line = mark.line + 1 if mark else 0
        found = say("what is no YAML (%(why)s)", why=_PROBLEMS.get(problem) or _without_values(problem))
        findings.fail(line, found, _advise(problem, _line_of(text, line)))
    except RecursionError:
        findings.fail(0, say("lists or mappings nested hundreds deep"), say("a plain api.yaml"))
    return Node(top, "")


def _pairs(node: YamlNode, seen: set[int]) -> Iterator[tuple[str, YamlNode]]:
    """A mapping's own pairs, then those of its `<<`. `seen` stops a mapping that merges itself."""
    if not isinstance(node, MappingNode) or id(node) in seen:
        return
    seen.add(id(node))
    merged: list[YamlNode] = []
    for key, child in node.value:
        if key.tag == _MERGE_TAG:
            merged += child.value if isinstance(child, SequenceNode) else [child]
        elif isinstance(key, ScalarNode):
            yield key.value, child
    for source in merged:
        yield from _pairs(source, seen)


def _tell_bad_keys(node: YamlNode, path: str, findings: Findings, seen: set[int]) -> None:
    """Walks each distinct node once: anchors may make the tree a graph, even one with circles."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if not node.tag.startswith(_OWN_TAGS):
        found = say("a tag (a word that begins with `!`)")
        findings.fault(node.start_mark.line + 1, path, found, say("quotes around the value"))
    if isinstance(node, SequenceNode):
        for place, child in enumerate(node.value):
            _tell_bad_keys(child, f"{path}[{place}]", findings, seen)
    elif isinstance(node, MappingNode):
        _tell_bad_pairs(node, path, findings, seen)


def _tell_bad_pairs(node: MappingNode, path: str, findings: Findings, seen: set[int]) -> None:
    first_lines: dict[str, int] = {}
    for key, child in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, ScalarNode):
            findings.fault(line, path, say("a list or mapping as a key"), say("plain names as keys"))
            continue
        child_path = join_path(path, key.value)
        if key.value in first_lines and key.tag != _MERGE_TAG:
            found = say("the key a second time (first in line %(line)s)", line=first_lines[key.value])
            findings.fault(line, child_path, found, say("each key once in a mapping"))
        first_lines.setdefault(key.value, line)
        _tell_bad_keys(child, child_path, findings, seen)


def _line_of(text: str, line: int) -> str:
    lines = text.splitlines()
    return lines[line - 1] if 0 < line <= len(lines) else ""


def _without_values(problem: str) -> str:
    """An undefined alias or a bad tag is quoted from the file, and may be part of a key."""
    return re.sub(r"'.*'", "'…'", problem) if re.search("alias|anchor|tag", problem) else problem


# What libyaml says most often.
_PROBLEMS = {
    str(problem): problem
    for problem in (
        say("mapping values are not allowed in this context"),
        say("could not find expected ':'"),
        say("did not find expected key"),
        say("did not find expected '-' indicator"),
        say("did not find expected ',' or ']'"),
        say("did not find expected ',' or '}'"),
        say("did not find expected node content"),
        say("found unexpected end of stream"),
        say("found character that cannot start any token"),
    )
}
_LOOK_AT_THE_LINE = say("YAML: look at the indentation, quotes and colons of this line and the one above")
_ADVICE = (  # (what the line or the parser's remark shows, what to write)
    (re.compile(r"^ *\t"), say("spaces for the indentation, no tabs")),
    (re.compile(r"(?:[:-] +|^)[@`%*&!|>]"), say("quotes around a value that begins with @, `, %, *, &, !, | or >")),
    (re.compile(r"[\[{].*\$\{"), say('quotes around "${NAME}" where it stands inside [ ] or { }')),
    (re.compile(r"[‘’“”]"), say("straight quotes: \" or '")),
    (re.compile(r"another document"), say("one document, without a second `---`")),
)


def _advise(problem: str, line: str) -> Translatable:
    fitting = (advice for pattern, advice in _ADVICE if pattern.search(line) or pattern.search(problem))
    return next(fitting, _LOOK_AT_THE_LINE)
