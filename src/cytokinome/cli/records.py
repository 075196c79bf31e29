"""The commands that show what is known, with its sources: catalogue and its verbs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from cytokinome.cli import options
from cytokinome.cli.console import Cell, Screen, tell
from cytokinome.cli.record_lines import choice_lines, label_lines, record_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytokinome.catalogue.records import Record
    from cytokinome.catalogue.registry import Catalogue
    from cytokinome.catalogue.selection import Choice
    from cytokinome.catalogue.views import Label

PICTURES = ("svg", "html", "png", "pdf")


class Verbs(TyperGroup):
    """The verbs of `catalogue`; a word that is none begins a name to show."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the verb of the words."""
        known = args and self.get_command(ctx, args[0]) is not None
        return super().resolve_command(ctx, args if known else ["show", *args])


app = typer.Typer(
    cls=Verbs, help="Find out what is known, and how it is known.", invoke_without_command=True, no_args_is_help=False
)
Name = Annotated[list[str], typer.Argument(metavar="NAME", help="Id, symbol, synonym or accession.")]
Kind = Annotated[str | None, typer.Option(help="Only records of this kind, such as cytokine or disease.")]


@app.callback()
def catalogue(context: typer.Context, kind: Kind = None, json: options.Json = "") -> None:
    """List what the catalogue knows, or do with it what the verb says."""
    if context.invoked_subcommand is not None:
        return
    screen, found = Screen(json), _shipped().of_kind(kind)
    rows = [(s.id, s.kind, s.title, ", ".join(n for n in s.names if n != s.id)) for s in found]
    screen.table(("id", "kind", "name", "also called"), rows)
    if json:
        screen.data([_plain(sheet.record) for sheet in found])


@app.command()
def search(name: Name, kind: Kind = None, json: options.Json = "") -> None:
    """Find records by a part of any of their names."""
    screen, known, text = Screen(json), _shipped(), " ".join(name)
    found = known.search(text, kind)
    if not found:
        tell(f"nothing is called {text!r}; {known.suggest(text, [kind] if kind else ())}")
    screen.table(("id", "kind", "name", "found as"), [(s.id, s.kind, s.title, name) for s, name in found])
    if json:
        screen.data([_plain(sheet.record) for sheet, _ in found])


@app.command()
def show(name: Name, json: options.Json = "") -> None:
    """Show one record with its sources, and what others say of it."""
    from cytokinome.catalogue.views import facts

    screen, known = Screen(json), _shipped()
    record = known.get(" ".join(name))
    screen.line("\n".join(record_lines(record)))
    for key, text in facts(known, record).items():
        screen.line(f"  {key}: {text}")
    if json:
        screen.data(_plain(record))


@app.command()
def why(
    value: Annotated[str, typer.Argument(metavar="NAME.KEY", help="TNF.half_life, TNFR1.Kd, IL6.levels; or a name.")],
    json: options.Json = "",
) -> None:
    """Show every published value of a quantity, where it was read, and which one models take."""
    from cytokinome.catalogue.selection import citation
    from cytokinome.catalogue.selection import why as choices_of

    screen, known = Screen(json), _shipped()
    record, choices = choices_of(known, value)
    cited = [[citation(known, record, choice, one) for one in choice.candidates] for choice in choices]
    screen.line(f"{record.id}: {record.title}")
    for choice, citations in zip(choices, cited, strict=True):
        screen.line("\n".join(choice_lines(choice, citations)))
    if json:
        screen.data([_choice(choice, citations) for choice, citations in zip(choices, cited, strict=True)])


@app.command()
def used(json: options.Json = "") -> None:
    """List the numbers that the shipped models take, those of most models first."""
    from cytokinome.catalogue.ucum import code_of
    from cytokinome.library.taken import taken

    screen, found = Screen(json), taken()
    rows = [(t.name, t.measured.value, t.measured.source.tier, str(len(t.models)), ", ".join(t.models)) for t in found]
    screen.table(("number", "value", "tier", "models", "which"), rows)
    screen.line(f"{len(found)} numbers of {len({t.name.partition(' ')[0] for t in found})} records")
    if json:
        screen.data(
            [
                {
                    "number": t.name,
                    "value": t.measured.value,
                    "ucum": code_of(t.measured),
                    "tier": t.measured.source.tier,
                    "source": t.measured.source.id,
                    "locator": t.measured.source.locator,
                    "models": t.models,
                }
                for t in found
            ]
        )


@app.command("labels")
def labels_of(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A cytokine, or a label such as pro-inflammatory.")],
    json: options.Json = "",
) -> None:
    """Show what speaks for and against a label: of one cytokine, or of all that it is claimed of."""
    from cytokinome.catalogue.registry import missing
    from cytokinome.catalogue.views import LABELS, label_named, labelled, labels
    from cytokinome.diagnostics import did_you_mean

    screen, known = Screen(json), _shipped()
    record, label = known.find(name), label_named(name)
    if label is not None:
        found = labelled(known, label)
    elif record is None:
        near = did_you_mean(name, LABELS)
        is_label = near.startswith("did you mean")
        raise missing(f"the catalogue has no cytokine or label {name!r}", near if is_label else known.suggest(name))
    else:
        found = tuple((record, label) for label in labels(record)) if record.kind == "cytokine" else ()
    for cytokine, one in found:
        screen.line(f"{cytokine.id}: {one}")
        screen.line("\n".join(label_lines(one)))
    if not found:
        tell(f"nobody says what {name} is; the labels are {', '.join(LABELS)}")
    screen.data([_label(cytokine, one) for cytokine, one in found])


@app.command()
def graph(
    name: Annotated[list[str] | None, typer.Argument(metavar="[NAME]", help="A disease, cell or molecule.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="svg, html, png or pdf for a picture; graphml, cx2, json or csv for data."),
    ] = None,
    to: Annotated[str, typer.Option(metavar="FORM", help="graphml, cx2, json or csv as text on standard output.")] = "",
    json: options.Json = "",
) -> None:
    """Show who talks to whom around a disease, a cell or a molecule."""
    from cytokinome.catalogue.exchange import FORMS, node_link
    from cytokinome.catalogue.graph import network

    if to and (to not in FORMS or out or json):
        raise typer.BadParameter(f"--to is one of {', '.join(FORMS)}, without --out or --json; got {to}")

    screen, known = Screen(json), _shipped()
    if out is not None and not name and out.suffix.lower().removeprefix(".") in PICTURES:
        raise typer.BadParameter("a picture of everything shows nothing: name a disease, a cell or a molecule")
    drawn = network(known, known.get(" ".join(name)) if name else None)
    if out is not None:
        screen.line(str(_write_graph(out, drawn)))
    elif to:
        screen.line(FORMS[to](drawn).removesuffix("\n"))
    else:
        rows = [(e.source, e.verb, e.target, e.label, ", ".join(e.sources)) for e in drawn.edges]
        screen.table(("from", "does", "to", "how", "sources"), rows)
    screen.data(node_link(drawn))


def _write_graph(out: Path, drawn: Any) -> Path:
    """Write a network as a picture or as data, by the ending of the file."""
    from cytokinome.catalogue.exchange import FORMS
    from cytokinome.report.files import save_figure, write

    ending = out.suffix.lower().removeprefix(".")
    if ending in FORMS:
        return write(out, FORMS[ending](drawn).encode("utf-8"))
    if ending not in PICTURES:
        raise typer.BadParameter(f"{out} ends in none of {', '.join((*PICTURES, *FORMS))}")
    if not drawn.edges:
        raise typer.BadParameter(f"the catalogue states nothing that could be drawn around {drawn.title}")
    if ending == "html":
        from cytokinome.report.talk_page import talk_page

        return write(out, talk_page(drawn).encode("utf-8"))
    from cytokinome.report.talk import talk_figure

    return save_figure(talk_figure(drawn), out)


@app.command()
def assemble(
    name: Annotated[
        list[str],
        typer.Argument(metavar="A,B,…", help="Cytokines, cells and drugs by any of their names, or a disease."),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to make; its name is that of the model.")],
    place: Annotated[str | None, typer.Option("--in", help="culture, plasma or tissue.")] = None,
    species: Annotated[str, typer.Option(help="Whose cells they are.")] = "human",
) -> None:
    """Write a first model of some records, and an experiment: as `new NAME --from A,B,…`."""
    from cytokinome.cli.files import new

    text = " ".join(name)
    is_one = "," in text or _shipped().find(text) is not None
    new(out.resolve().name, out, text if is_one else ",".join(name), place, species)


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="A")],
    second: Annotated[str, typer.Argument(metavar="B")],
    json: options.Json = "",
) -> None:
    """Show two records side by side: what they are, what they do, and the values that models take."""
    from cytokinome.catalogue.views import summary

    screen, known = Screen(json), _shipped()
    one, other = known.get(first), known.get(second)
    left, right = summary(known, one), summary(known, other)
    keys = dict.fromkeys((*left, *right))
    rows = [(key, *_beside(left.get(key, ""), right.get(key, ""))) for key in keys]
    screen.table(("", one.id, other.id), rows)
    screen.data({key: {one.id: left.get(key, ""), other.id: right.get(key, "")} for key in keys})


def _beside(left: str, right: str) -> Sequence[Cell]:
    style = "" if left == right else "bold"
    return Cell(left, style), Cell(right, style)


@app.command()
def check(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="A data folder, checked on top of the shipped records.")
    ] = None,
    json: options.Json = "",
) -> None:
    """Check all records: schema, identifiers, units, bounds, references, evidence, signs."""
    from cytokinome.catalogue.registry import gather
    from cytokinome.catalogue.rules import lint
    from cytokinome.diagnostics import Collector
    from cytokinome.errors import CatalogueError

    screen, found = Screen(json), Collector()
    known = gather([_data_folder(folder)] if folder else [], found)
    lint(known, found)
    report = found.report()
    for finding in report.diagnostics:
        tell(finding.render(report.texts))
    errors, warnings = len(report.errors), len(report.warnings)
    screen.line(f"{len(known.sheets)} records: {errors} errors, {warnings} warnings")
    screen.data([finding.as_dict() for finding in report.diagnostics])
    if errors:
        raise typer.Exit(CatalogueError.exit_status)


def _data_folder(folder: Path) -> Path:
    from cytokinome.catalogue.folders import FOLDERS, holds_records

    if not folder.is_dir():
        what = "is a file: name the data folder that it is in" if folder.exists() else "does not exist"
        raise typer.BadParameter(f"{folder} {what}")
    if not holds_records(folder):
        names = ", ".join(FOLDERS.values())
        raise typer.BadParameter(f"{folder} has none of the folders {names}, and no file that ends in .yaml")
    return folder


@app.command()
def export(
    out: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="json: all records; csv: ligand and receptor; graphml, cx2: the network."
        ),
    ] = None,
    schema: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for one JSON Schema per kind of record.")
    ] = None,
) -> None:
    """Write the whole catalogue, or the schema of its records, for other programs."""
    from cytokinome.report.files import write

    if out is None and schema is None:
        raise typer.BadParameter("name a file (json, csv, graphml or cx2), or `--schema DIR`")
    screen = Screen()
    if schema is not None:
        schema.mkdir(parents=True, exist_ok=True)
        for kind, text in _schemas().items():
            screen.line(str(write(schema / f"{kind}.schema.json", text.encode("utf-8"))))
    if out is not None:
        screen.line(str(write(out, _exported(out.suffix.lower()).encode("utf-8"))))


def _schemas() -> dict[str, str]:
    import json

    from cytokinome.catalogue.records import KINDS

    return {kind: json.dumps(model.model_json_schema(), indent=2) + "\n" for kind, model in KINDS.items()}


def _exported(ending: str) -> str:
    """All that the catalogue holds, as the text of a file that ends so."""
    import json

    from cytokinome.catalogue.exchange import cx2_text, graphml, table
    from cytokinome.catalogue.graph import network, pairs

    known = _shipped()
    match ending:
        case ".json":
            return json.dumps([_plain(record) for record in known.records()], indent=1, ensure_ascii=False) + "\n"
        case ".csv":
            return table(pairs(known))
        case ".graphml":
            return graphml(network(known))
        case ".cx2":
            return cx2_text(network(known))
        case _:
            raise typer.BadParameter("the file ends in .json, .csv, .graphml or .cx2")


def _shipped() -> Catalogue:
    from cytokinome.catalogue.registry import catalogue as shipped

    return shipped()


def _plain(record: Record) -> dict[str, object]:
    from cytokinome.catalogue.ucum import with_codes

    return with_codes(record)


def _label(record: Record, label: Label) -> dict[str, object]:
    sides = {"for": label.supporting, "against": label.opposing, "if": label.qualifying}
    pieces = {
        side: [{"context": str(one.context), "source": one.source.id, "says": one.source.says} for one in heard]
        for side, heard in sides.items()
    }
    return {"cytokine": record.id, "label": label.name, **pieces}


def _choice(choice: Choice, citations: Sequence[str]) -> dict[str, object]:
    from cytokinome.catalogue.ucum import code_of

    values = [
        {
            "value": one.measured.value,
            "ucum": code_of(one.measured),
            "default": one == choice.default,
            "tier": one.measured.source.tier,
            "source": one.measured.source.id,
            "locator": one.measured.source.locator,
            "says": one.measured.source.says,
            "cite": cite,
        }
        for one, cite in zip(choice.candidates, citations, strict=True)
    ]
    return {"quantity": choice.title, "reason": choice.reason, "spread": choice.spread, "values": values}
