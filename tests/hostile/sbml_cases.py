"""Hostile and broken files in SBML."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tests.hostile import sbml_texts as s
from tests.hostile.cases import TAKEN, Case, written

Content = str | bytes | Callable[[], str | bytes]


def _case(name: str, content: Content, *codes: str, run: bool = False, placed: bool = True) -> Case:
    return Case(name, "import and run" if run else "import", written(content, "model.xml"), codes, placed)


def _made(name: str, make: Callable[[Path], Path], *codes: str, placed: bool = True) -> Case:
    return Case(name, "import", make, codes, placed)


def _with_parameters(*lists: str, names: str = "x") -> str:
    return s.sbml(s.listed("Parameters", *(s.parameter(name) for name in names.split())), *lists)


def _functions(*functions: str, uses: str = "") -> str:
    law = s.listed("Rules", s.rate("x", uses)) if uses else ""
    return s.sbml(s.listed("FunctionDefinitions", *functions), s.listed("Parameters", s.parameter("x")), law)


def _rules(*rules: str, names: str = "x") -> str:
    return _with_parameters(s.listed("Rules", *rules), names=names)


# ----------------------------------------------------------------------------------------------------- no XML at all
_HONEST = s.honest()
_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
_LAUGHS = '<?xml version="1.0"?>\n<!DOCTYPE sbml [<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12)
)
_EXTERNAL = '<?xml version="1.0"?>\n<!DOCTYPE sbml [<!ENTITY x SYSTEM "file:///etc/hostname">]>\n'


def _declared(encoding: str, text: str = _HONEST) -> str:
    return text.replace("UTF-8", encoding)


NO_XML = [
    _case("empty", b"", "SBML_INVALID"),
    _case("blanks", b"  \n\n ", "SBML_INVALID"),
    _case("html", "<!DOCTYPE html>\n<html><body>Not found</body></html>", "SBML_INVALID"),
    _case("html-without-doctype", "<html><body>Not found</body></html>", "SBML_INVALID"),
    _case("json", '{"sbml": {"level": 3}}', "SBML_INVALID"),
    _case("zip", b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(40), "SBML_INVALID"),
    _case("png", _PNG, "SBML_INVALID"),
    _case("yaml-of-ours", "cytokinome: 1\nmodel: m\n", "SBML_INVALID"),
    _case("truncated", _HONEST[: len(_HONEST) // 2], "SBML_INVALID"),
    _case("nul-bytes", _HONEST.replace('id="k"', 'id="k\0"'), "SBML_INVALID"),
    _case("two-roots", _HONEST + _HONEST.partition("\n")[2], "SBML_INVALID"),
    _case("bom", b"\xef\xbb\xbf" + _HONEST.encode(), TAKEN),
    _case("utf-16", _declared("UTF-16").encode("utf-16"), TAKEN),
    _case("utf-16-without-mark", _declared("UTF-16").encode("utf-16-le"), "SBML_INVALID"),
    _case("not-the-encoding-it-states", _HONEST.replace('id="m"', 'id="m" name="é"').encode("latin-1"), "SBML_INVALID"),
    _case("latin-1", _declared("ISO-8859-1").replace('id="m"', 'id="m" name="é"').encode("latin-1"), TAKEN),
    _case("no-such-encoding", _declared("KLINGON-8"), "SBML_INVALID"),
    _case(
        "encoding-with-escapes", _declared("unicode_escape", _HONEST.replace("<model", "\\x3cmodel")), "SBML_INVALID"
    ),
    _case(
        "doctype-behind-an-encoding",
        _declared("unicode_escape", _HONEST.replace("<sbml", "\\x3c!DOCTYPE sbml [\\x3c!ENTITY a 'b'>]>\n<sbml", 1)),
        "SBML_INVALID",
    ),
    _case("utf-7", _declared("UTF-7"), "SBML_INVALID"),
    _case(
        "billion-laughs", _LAUGHS + "]>\n" + _HONEST.partition("\n")[2].replace('id="m"', 'id="&a11;"'), "SBML_INVALID"
    ),
    _case(
        "external-entity", _EXTERNAL + _HONEST.partition("\n")[2].replace('id="m"', 'id="m" name="&x;"'), "SBML_INVALID"
    ),
    _case("undeclared-entity", _HONEST.replace('value="0.1"', 'value="&much;"'), "SBML_INVALID"),
    _case("larger-than-64-MB", lambda: _HONEST.encode() + b" " * (64 * 2**20), "FILE_TOO_LARGE"),
    _case("deep-elements", "<sbml>" + "<a>" * 100_000, "TOO_LARGE"),
    _case(
        "a-million-attributes",
        lambda: "<sbml " + " ".join(f'a{i}="1"' for i in range(10**6)) + "/>",
        "TOO_LARGE",
        "SBML_INVALID",
    ),
    _case("one-long-name", lambda: _HONEST.replace('id="k"', f'id="{"k" * 10**7}"'), "TOO_LARGE", "SBML_INVALID"),
    _case(
        "half-a-million-parameters",
        lambda: _with_parameters(names=" ".join(f"p{i}" for i in range(500_000))),
        "TOO_LARGE",
        "SBML_READER",
    ),
]


def _directory(folder: Path) -> Path:
    path = folder / "model.xml"
    path.mkdir()
    return path


def _fifo(folder: Path) -> Path:
    path = folder / "model.xml"
    os.mkfifo(path)
    return path


def _loop(folder: Path) -> Path:
    path = folder / "model.xml"
    path.symlink_to(path)
    return path


def _dangling(folder: Path) -> Path:
    path = folder / "model.xml"
    path.symlink_to(folder / "gone.xml")
    return path


def _device(folder: Path) -> Path:
    path = folder / "model.xml"
    path.symlink_to("/dev/zero")
    return path


def _named(name: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / os.fsdecode(name)
        path.write_text(_HONEST, encoding="utf-8")
        return path

    return make


NO_FILES = [
    _made("directory", _directory, "FILE_UNREADABLE"),
    _made("fifo", _fifo, "FILE_UNREADABLE"),
    _made("symlink-loop", _loop, "FILE_UNREADABLE"),
    _made("dangling-symlink", _dangling, "FILE_UNREADABLE"),
    _made("device", _device, "FILE_UNREADABLE"),
    _made("absent", lambda folder: folder / "none.xml", "FILE_UNREADABLE"),
    _made("nul-in-the-path", lambda folder: folder / "a\0b.xml", "FILE_UNREADABLE"),
    _made("path-too-long", lambda folder: folder / ("a" * 5000), "FILE_UNREADABLE"),
    _made("name-that-is-no-text", _named(b"\xff\xfe.xml"), TAKEN),
    _made("name-with-line-end", _named(b"a\nb,;doi:.xml"), TAKEN),
    _made("name-of-signs", _named("–×–.xml".encode()), TAKEN),
    _made("name-assumed", _named(b"assumed"), TAKEN),
]

# ------------------------------------------------------------------------------------------------------- mathematics
_DOUBLING = [s.function("f0", ["a"], s.apply("plus", s.ci("a"), s.ci("a")))] + [
    s.function(f"f{i}", ["a"], s.apply("plus", *[s.call(f"f{i - 1}", s.ci("a"))] * 2)) for i in range(1, 60)
]
_IMPLIES_OF_ONE = f"<piecewise><piece>{s.cn('1')}{s.apply('implies', '<true/>')}</piece></piecewise>"
_IMPLIES_OF_THREE = f"<piecewise><piece>{s.cn('1')}{s.apply('implies', *['<true/>'] * 3)}</piece></piecewise>"
_HIGH = s.function("f", ["a"], s.nested(200, s.ci("a")))


def _calls(depth: int, inner: str) -> str:
    return "<apply><ci>f</ci>" * depth + inner + "</apply>" * depth


_TOWER = "<apply><power/><cn>9</cn>" * 4 + s.cn("9") + "</apply>" * 4
_PIECE = f"<piece>{s.cn('1')}{s.apply('lt', s.ci('x'), s.cn('2'))}</piece>"


def _terms(count: int) -> str:
    return s.apply("plus", *[s.apply("times", s.ci("x"), s.cn(str(i))) for i in range(count)])


MATHEMATICS = [
    _case("recursive-function", _functions(s.function("f", ["a"], s.call("f", s.ci("a")))), "CYCLIC_DEFINITION"),
    _case(
        "mutually-recursive-functions",
        _functions(s.function("f", ["a"], s.call("g", s.ci("a"))), s.function("g", ["a"], s.call("f", s.ci("a")))),
        "CYCLIC_DEFINITION",
    ),
    _case(
        "ten-thousand-recursive-functions",
        lambda: _functions(*(s.function(f"f{i}", ["a"], s.call(f"f{i}", s.ci("a"))) for i in range(10_000))),
        "CYCLIC_DEFINITION",
    ),
    _case("sixty-doubling-functions", _functions(*_DOUBLING, uses=s.call("f59", s.ci("x"))), "TOO_LARGE"),
    _case(
        "recursion-behind-a-second-definition",
        _functions(s.function("f", ["a"], s.call("f", s.ci("a"))), s.function("f", ["a"], s.ci("a"))),
        "CYCLIC_DEFINITION",
    ),
    _case(
        "one-large-function-called-often",
        lambda: _functions(
            s.function("f", ["a"], s.apply("plus", *[s.ci("a")] * 90_000)),
            uses=s.apply("plus", *[s.call("f", s.ci("x"))] * 2000),
        ),
        "TOO_LARGE",
        "SBML_READER",
    ),
    _case("mathml-of-depth-10-000", _rules(s.rate("x", s.nested(10_000, s.ci("x")))), "TOO_LARGE"),
    _case("mathml-of-depth-248", _rules(s.rate("x", s.nested(248, s.ci("x")))), "TOO_LARGE", TAKEN),
    _case("high-functions-in-each-other", _functions(_HIGH, uses=_calls(30, s.ci("x"))), "TOO_LARGE", TAKEN),
    _case("a-sum-of-100-000-terms", lambda: _rules(s.rate("x", _terms(100_000))), "TOO_LARGE"),
    _case(
        "three-thousand-pieces",
        lambda: _rules(s.rate("x", f"<piecewise>{_PIECE * 3_000}</piecewise>")),
        "TOO_LARGE",
        "SBML_READER",
        TAKEN,
    ),
    _case("call-of-nothing", _rules(s.rate("x", s.call("nothing", s.ci("x")))), "SBML_INVALID"),
    _case("implies-of-one", _rules(s.rate("x", _IMPLIES_OF_ONE)), "SBML_INVALID"),
    _case("implies-of-three", _rules(s.rate("x", _IMPLIES_OF_THREE)), "SBML_INVALID"),
    _case("wrong-number-of-arguments", _functions(_HIGH, uses=s.call("f", s.ci("x"), s.ci("x"))), "SBML_INVALID"),
    _case("number-1e400", _rules(s.rate("x", '<cn type="e-notation">1<sep/>400</cn>')), TAKEN, "SBML_INVALID"),
    _case("numbers-nan-and-infinite", _rules(s.rate("x", s.apply("plus", "<notanumber/>", "<infinity/>"))), TAKEN),
    _case("value-1e400", _with_parameters().replace('value="1"', 'value="1e400"'), TAKEN, "SBML_INVALID"),
    _case("value-nan", _with_parameters().replace('value="1"', 'value="NaN"'), TAKEN),
    _case("value-inf", _with_parameters().replace('value="1"', 'value="-INF"'), TAKEN),
    _case("value-that-is-no-number", _with_parameters().replace('value="1"', 'value="much"'), "SBML_INVALID"),
    _case("number-that-is-no-number", _rules(s.rate("x", s.cn("one"))), "SBML_INVALID"),
    _case("rational-over-zero", _rules(s.rate("x", '<cn type="rational">1<sep/>0</cn>')), TAKEN, "SBML_INVALID"),
    _case("operator-of-no-known-kind", _rules(s.rate("x", s.apply("integral", s.ci("x")))), "SBML_INVALID"),
    _case("power-tower", _rules(s.rate("x", _TOWER)), TAKEN),
    _case("factorial-of-much", _rules(s.rate("x", s.apply("factorial", s.cn("1e9")))), TAKEN),
]

# ------------------------------------------------------------------------------------------------- what models cannot
_UNIT = '<unit kind="mole" exponent="{}" scale="{}" multiplier="{}"/>'


def _units(*units: tuple[str, str, str]) -> str:
    definition = (
        f'<unitDefinition id="u">{s.listed("Units", *(_UNIT.format(*unit) for unit in units))}</unitDefinition>'
    )
    text = s.sbml(s.listed("UnitDefinitions", definition), s.listed("Parameters", s.parameter("x")))
    return text.replace('value="1"', 'value="1" units="u"')


def _circle(count: int) -> str:
    rules = [s.assignment(f"p{i}", s.ci(f"p{(i + 1) % count}")) for i in range(count)]
    return _rules(*rules, names=" ".join(f"p{i}" for i in range(count)))


_SIGN = (
    f"<piecewise><piece>{s.cn('1')}{s.apply('gt', s.ci('x'), s.cn('0'))}</piece>"
    f"<otherwise>{s.cn('-1')}</otherwise></piecewise>"
)
_CHAIN = [s.algebraic(s.apply("minus", s.ci(f"p{i}"), s.ci(f"p{i + 1}"))) for i in range(1500)]
_SHADOW = s.sbml(
    s.listed("Compartments", s.compartment()),
    s.listed("Species", s.species("x"), s.species("y", "0")),
    s.listed("Parameters", s.parameter("k", "100", constant=True)),
    s.listed(
        "Reactions",
        s.reaction(
            "r",
            s.apply("times", s.ci("k"), s.ci("x")),
            takes="x",
            gives="y",
            local='<localParameter id="k" value="0.1"/>',
        ),
    ),
)

_QUAL, _ZZZ = (
    f'xmlns:{name}="http://www.sbml.org/sbml/level3/version1/{name}/version1" {name}:required="true"'
    for name in ("qual", "zzz")
)

MODELS = [
    _case("duplicate-ids", _with_parameters(names="x x"), "SBML_INVALID"),
    _case("id-in-unicode", _with_parameters(names="µ"), "SBML_INVALID"),
    _case("id-with-a-script", _with_parameters(names="x").replace('id="x"', 'id="&lt;script&gt;"'), "SBML_INVALID"),
    _case("no-model", s.sbml().replace('<model id="m">\n\n</model>', ""), "SBML_INVALID"),
    _case("empty-model", s.sbml(), TAKEN),
    _case("wrong-namespace", s.sbml(core="http://example.org/sbml"), "SBML_INVALID"),
    _case("no-namespace", s.honest().replace(f'xmlns="{s.CORE}"', ""), "SBML_INVALID"),
    _case("level-1", s.sbml(core="http://www.sbml.org/sbml/level1", level="1"), "SBML_UNSUPPORTED", "SBML_INVALID"),
    _case("level-9", s.sbml(level="9"), "SBML_INVALID"),
    _case("level-of-words", s.sbml(level="three"), "SBML_INVALID"),
    _case(
        "unknown-package",
        s.sbml(attributes=_ZZZ),
        "SBML_PACKAGE",
        "SBML_INVALID",
    ),
    _case(
        "known-package-not-supported",
        s.sbml(attributes=_QUAL, core=s.FIRST, version="1"),
        "SBML_PACKAGE",
        "SBML_INVALID",
    ),
    _case("unit-with-a-huge-exponent", _units(("1e9", "0", "10")), TAKEN),
    _case("unit-with-a-negative-exponent", _units(("-1000000", "-2000", "1e300")), TAKEN),
    _case("unit-with-a-huge-scale", _units(("1", "2147483647", "1")), TAKEN),
    _case("unit-of-nothing", _units(("1", "0", "0"), ("-1", "0", "0")), TAKEN),
    _case("unit-multiplier-nan", _units(("1", "0", "NaN")), TAKEN),
    _case("cyclic-assignments", _circle(2), "SBML_INVALID", "CYCLIC_DEFINITION"),
    _case("long-circle-of-assignments", lambda: _circle(500), "SBML_INVALID", "CYCLIC_DEFINITION", placed=False),
    _case(
        "cyclic-initial-assignments",
        _with_parameters(
            s.listed("InitialAssignments", s.initial("x", s.ci("y")), s.initial("y", s.ci("x"))), names="x y"
        ),
        "SBML_INVALID",
        "CYCLIC_DEFINITION",
    ),
    _case(
        "assignment-to-itself",
        _rules(s.assignment("x", s.apply("plus", s.ci("x"), s.cn("1")))),
        "SBML_INVALID",
        "CYCLIC_DEFINITION",
    ),
    _case("two-rules-for-one", _rules(s.assignment("x", s.cn("1")), s.rate("x", s.cn("1"))), "SBML_INVALID"),
    _case(
        "too-many-algebraic-rules",
        _rules(
            s.algebraic(s.apply("minus", s.ci("x"), s.cn("1"))), s.algebraic(s.apply("minus", s.ci("x"), s.cn("2")))
        ),
        "SBML_INVALID",
    ),
    _case("algebraic-rule-of-numbers", _rules(s.algebraic(s.cn("1"))), "SBML_INVALID", "NOT_DETERMINED"),
    _case(
        "algebraic-rule-that-never-holds",
        _rules(s.algebraic(s.apply("plus", s.cn("1"), s.apply("times", s.ci("x"), s.ci("x"))))),
        "OUTCOME",
        run=True,
        placed=False,
    ),
    _case(
        "a-chain-of-algebraic-rules",
        lambda: _rules(*_CHAIN, names=" ".join(f"p{i}" for i in range(1501))),
        TAKEN,
        "TOO_LARGE",
        "SBML_INVALID",
    ),
    _case("species-in-an-empty-name", s.sbml(s.listed("Species", s.species("x", place=""))), "SBML_INVALID"),
    _case("species-in-no-compartment", s.sbml(s.listed("Species", s.species("x", place="nowhere"))), "SBML_INVALID"),
    _case("rule-for-an-unknown", _rules(s.rate("nothing", s.cn("1"))), "SBML_INVALID"),
    _case("unknown-name-in-a-rule", _rules(s.rate("x", s.ci("nothing"))), "SBML_INVALID"),
    _case(
        "event-sets-an-unknown",
        _with_parameters(s.listed("Events", s.event("e", s.apply("gt", s.ci("x"), s.cn("2")), ("nothing", s.cn("1"))))),
        "SBML_INVALID",
    ),
    _case(
        "missing-value",
        s.sbml(
            s.listed("Parameters", s.parameter("x"), s.parameter("y", None)), s.listed("Rules", s.rate("x", s.ci("y")))
        ),
        "SBML_MISSING_VALUE",
    ),
    _case("local-parameter-shadows", _SHADOW, TAKEN, run=True),
    _case(
        "words-of-the-language",
        _with_parameters(names="and or not if time count mean rate_of delayed exp hill at with min"),
        TAKEN,
    ),
    _case(
        "ids-of-ten-thousand-letters", lambda: _with_parameters(names="x" * 10_000), TAKEN, "TOO_LARGE", "SBML_INVALID"
    ),
    _case(
        "huge-stoichiometry",
        s.honest().replace('stoichiometry="1"', 'stoichiometry="1e308"'),
        TAKEN,
        "OUTCOME",
        run=True,
        placed=False,
    ),
    _case(
        "division-by-zero-at-the-start",
        _rules(s.rate("x", s.apply("divide", s.cn("1"), s.apply("minus", s.ci("x"), s.cn("1"))))),
        "OUTCOME",
        run=True,
        placed=False,
    ),
    _case("blow-up", _rules(s.rate("x", s.apply("power", s.ci("x"), s.cn("3")))), "OUTCOME", run=True, placed=False),
    _case(
        "stiff-blow-up",
        _rules(s.rate("x", s.apply("exp", s.apply("times", s.cn("100"), s.ci("x"))))),
        "OUTCOME",
        run=True,
        placed=False,
    ),
    _case(
        "stiff-beyond-numbers",
        _rules(s.rate("x", s.apply("times", s.apply("minus", s.cn("1e300")), s.ci("x")))),
        "OUTCOME",
        TAKEN,
        run=True,
        placed=False,
    ),
    _case("chatter", _rules(s.rate("x", s.apply("minus", _SIGN))), "OUTCOME", TAKEN, run=True, placed=False),
]

# ------------------------------------------------------------------------------------------------------------- events
_ON, _OFF = s.apply("gt", s.ci("x"), s.cn("0.5")), s.apply("lt", s.ci("x"), s.cn("0.5"))


def _events(*events: str, rule: str = "") -> str:
    return _with_parameters(s.listed("Rules", rule) if rule else "", s.listed("Events", *events), names="x y")


EVENTS = [
    _case(
        "two-events-that-keep-each-other-going",
        _events(
            s.event("a", _ON, ("x", s.cn("0")), initial=False), s.event("b", _OFF, ("x", s.cn("1")), initial=False)
        ),
        "OUTCOME",
        run=True,
        placed=False,
    ),
    _case(
        "event-that-undoes-its-own-condition",
        _events(
            s.event(
                "a", s.apply("eq", s.ci("y"), s.ci("x")), ("x", s.apply("plus", s.ci("x"), s.cn("0"))), initial=False
            )
        ),
        TAKEN,
        run=True,
    ),
    _case(
        "event-storm",
        _events(
            s.event(
                "a",
                s.apply("gt", s.apply("sin", s.apply("times", s.cn("1e9"), s.ci("x"))), s.cn("0")),
                ("y", s.apply("plus", s.ci("y"), s.cn("1"))),
            ),
            rule=s.rate("x", s.cn("1")),
        ),
        "OUTCOME",
        TAKEN,
        run=True,
        placed=False,
    ),
    _case(
        "events-ever-faster",
        _events(
            s.event(
                "a",
                s.apply("gt", s.ci("x"), s.ci("y")),
                ("y", s.apply("plus", s.ci("y"), s.apply("divide", s.apply("minus", s.cn("2"), s.ci("y")), s.cn("2")))),
            ),
            rule=s.rate("x", s.cn("1")),
        ),
        "OUTCOME",
        TAKEN,
        run=True,
        placed=False,
    ),
    _case(
        "a-delay-below-zero",
        _events(s.event("a", _ON, ("x", s.cn("0")), delay=s.apply("minus", s.cn("1")), initial=False)),
        "OUTCOME",
        TAKEN,
        run=True,
        placed=False,
    ),
    _case(
        "a-delay-without-end",
        _events(s.event("a", _ON, ("x", s.cn("0")), delay="<infinity/>", initial=False)),
        "OUTCOME",
        TAKEN,
        run=True,
        placed=False,
    ),
    _case(
        "event-sets-nan",
        _events(s.event("a", _ON, ("x", "<notanumber/>"), initial=False), rule=s.rate("x", s.ci("x"))),
        "OUTCOME",
        run=True,
        placed=False,
    ),
]


# ------------------------------------------------------------------------------------------------------- composed
def _pair(source: str, inner: str = "") -> Callable[[Path], Path]:
    """A file that takes a model from another one, which lies at ../secret.xml and beside it as inner.xml."""

    def make(folder: Path) -> Path:
        below = folder / "below"
        below.mkdir()
        (folder / "secret.xml").write_text(s.honest().replace('id="m"', 'id="inner"'), encoding="utf-8")
        (below / "inner.xml").write_text(inner or s.honest().replace('id="m"', 'id="inner"'), encoding="utf-8")
        path = below / "model.xml"
        path.write_text(s.composed(source.replace("FOLDER", str(folder))), encoding="utf-8")
        return path

    return make


def _linked(folder: Path) -> Path:
    path = _pair("link.xml")(folder)
    (path.parent / "link.xml").symlink_to(folder / "secret.xml")
    return path


# The first `source` of the element is not that of the package.
_FOREIGN = '../secret.xml" xmlns:a="http://example.org" a:source="inner.xml'
_REFUSED = ("SBML_EXTERNAL", "SBML_INVALID", "SBML_PACKAGE")
_CIRCULAR = s.sbml(
    '<comp:listOfSubmodels><comp:submodel comp:id="a" comp:modelRef="one"/></comp:listOfSubmodels>',
    around="<comp:listOfModelDefinitions>"
    + "".join(
        f'<comp:modelDefinition id="{id}"><comp:listOfSubmodels><comp:submodel comp:id="a" comp:modelRef="{other}"/>'
        "</comp:listOfSubmodels></comp:modelDefinition>"
        for id, other in (("one", "two"), ("two", "one"))
    )
    + "</comp:listOfModelDefinitions>",
    attributes=f'xmlns:comp="{s.COMP}" comp:required="true"',
    core=s.FIRST,
    version="1",
)


def _doubled_submodels(levels: int) -> str:
    """Return a model of two of a model of two of … ."""
    definitions = [f'<comp:modelDefinition id="d0">{s.listed("Parameters", s.parameter("x"))}</comp:modelDefinition>']
    for i in range(1, levels + 1):
        twice = "".join(f'<comp:submodel comp:id="s{j}" comp:modelRef="d{i - 1}"/>' for j in range(2))
        inside = f"<comp:listOfSubmodels>{twice}</comp:listOfSubmodels>"
        definitions.append(f'<comp:modelDefinition id="d{i}">{inside}</comp:modelDefinition>')
    return s.sbml(
        f'<comp:listOfSubmodels><comp:submodel comp:id="a" comp:modelRef="d{levels}"/></comp:listOfSubmodels>',
        around=f"<comp:listOfModelDefinitions>{''.join(definitions)}</comp:listOfModelDefinitions>",
        attributes=f'xmlns:comp="{s.COMP}" comp:required="true"',
        core=s.FIRST,
        version="1",
    )


COMPOSED = [
    _made("external-file-above", _pair("../secret.xml"), *_REFUSED),
    _made("external-file-above-in-escapes", _pair("%2e%2e/secret.xml"), *_REFUSED),
    _made("external-absolute-path", _pair("FOLDER/secret.xml"), *_REFUSED),
    _made("external-file-address", _pair("file://FOLDER/secret.xml"), *_REFUSED),
    _made("external-address", _pair("http://127.0.0.1:9/model.xml"), *_REFUSED),
    _made("external-link-out-of-the-folder", _linked, *_REFUSED),
    _made("external-file-behind-a-foreign-attribute", _pair(_FOREIGN), *_REFUSED),
    _made("external-self-inclusion", _pair("model.xml"), *_REFUSED, "TOO_LARGE", "CYCLIC_DEFINITION", "SBML_READER"),
    _made("external-absent", _pair("gone.xml"), *_REFUSED),
    _made("external-no-sbml", _pair("inner.xml", "<html/>"), *_REFUSED),
    _made("external-with-doctype", _pair("inner.xml", _EXTERNAL + s.honest().partition("\n")[2]), *_REFUSED),
    _case("circular-submodels", _CIRCULAR, "SBML_INVALID", "CYCLIC_DEFINITION", "SBML_READER", "SBML_PACKAGE"),
    _case("forty-doublings-of-a-submodel", _doubled_submodels(40), "TOO_LARGE", "SBML_READER", "SBML_PACKAGE"),
]

CASES = [*NO_XML, *NO_FILES, *MATHEMATICS, *MODELS, *EVENTS, *COMPOSED]
