"""``.zenodo.json`` says what ``CITATION.cff`` says."""

from sspbench.checkout import ROOT
from sspbench.commands.cite import make_zenodo_record, read_citation
from sspbench.files import read_json

PEOPLE = [
    {"family-names": "Curie", "given-names": "Marie", "orcid": "https://orcid.org/0000-0001-2345-6789"},
    {"name": "A group"},
]


def test_the_record_of_this_project_is_up_to_date():
    assert read_json(ROOT / ".zenodo.json") == make_zenodo_record(read_citation()), (
        "run: python -m sspbench cite --zenodo"
    )


def test_people_are_named_family_name_first_with_their_orcid():
    record = make_zenodo_record({**read_citation(), "authors": PEOPLE})
    assert record["creators"] == [{"name": "Curie, Marie", "orcid": "0000-0001-2345-6789"}, {"name": "A group"}]
