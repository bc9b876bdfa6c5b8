import pytest

from gateway.interchange.epcis.identifiers import canonical
from tests.builders.messages import CODES

# The examples of the EPC Tag Data Standard 1.13 (§6.3, §7) and of the GS1 Digital Link Standard.
FORMS = {
    "urn:epc:id:sgtin:0614141.107346.2017": "https://id.gs1.org/01/10614141073464/21/2017",
    "urn:epc:class:lgtin:4012345.012345.998877": "https://id.gs1.org/01/04012345123456/10/998877",
    "urn:epc:idpat:sgtin:4012345.098765.*": "https://id.gs1.org/01/04012345987652",
    "urn:epc:id:sscc:0614141.1234567890": "https://id.gs1.org/00/106141412345678908",
    "urn:epc:id:sgln:0614141.07346.1234": "https://id.gs1.org/414/0614141073467/254/1234",
    "urn:epc:id:sgln:0614141.00888.0": "https://id.gs1.org/414/0614141008889",
    "urn:epc:id:grai:0614141.12345.400": "https://id.gs1.org/8003/00614141123452400",
    "urn:epc:id:giai:0614141.12345400": "https://id.gs1.org/8004/061414112345400",
    "urn:epc:id:pgln:0614141.00005": "https://id.gs1.org/417/0614141000050",
    "https://id.gs1.org/01/09506000134352/21/A%2FB": "https://id.gs1.org/01/09506000134352/21/A%2FB",
    "https://brand.example/shop/01/9506000134352/10/LOT1/21/77?17=301231#x": "https://id.gs1.org/01/09506000134352/21/77",
    "https://brand.example/01/09506000134352/10/LOT1/": "https://id.gs1.org/01/09506000134352/10/LOT1",
    "https://brand.example/00/106141412345678908": "https://id.gs1.org/00/106141412345678908",
    "urn:fangxin100:eartag:315082400000001": "urn:fangxin100:eartag:315082400000001",
    "urn:fangxin100:lot:melon:HLS-01": "urn:fangxin100:lot:melon:HLS-01",
}


@pytest.mark.parametrize(("written", "form"), FORMS.items())
def test_every_way_of_writing_a_thing_is_one_name(written: str, form: str) -> None:
    assert canonical(written) == form
    assert canonical(form) == form


def test_the_address_behind_a_labels_qr_is_its_label() -> None:
    code = CODES.issue(5, 1, 7)
    assert canonical(f"https://fx.example.cn/q/{code}") == f"urn:fangxin100:label:{code}"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "315082400000001",
        "urn:epc:id:sgtin:0614141.107346",  # no serial number
        "urn:epc:id:sgtin:0614141.1073461.2017",  # prefix and item are 13 digits together
        "urn:epc:id:sgtin:0614141.107346.20 17",
        "urn:epc:id:gid:95100000.12345.400",
        "urn:epc:id:",
        "https://id.gs1.org/01/09506000134353/21/1",  # its check digit is wrong
        "https://id.gs1.org/01/0950600013435X/21/1",
        "https://fx.example.cn/q/5100000000000000",  # so is this one's
        "https://example.com/thing/1",
        "urn:fangxin100:eartag:915082400000001",
        "urn:fangxin100:lot:BM-0501",
        "urn:uuid:0197c0de-0000-7000-8000-000000000042",
        "urn:epc:id:giai:0614141." + "1" * 300,
        "urn:fangxin100:lot:meat:a\nb",
        "urn:fangxin100:lot:meat: a",
        "https://id.gs1.org/8004/a%0Ab",
        "https://id.gs1.org/8004/a%20b",
        "urn:epc:id:giai:0614141.a%7Fb",
    ],
)
def test_what_names_nothing_here_is_refused_by_name(written: str) -> None:
    with pytest.raises(ValueError, match=r"不是本接口支持的 EPC 标识"):
        canonical(written)
