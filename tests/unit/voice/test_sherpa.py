"""The operator's own model: what is asked of the library, and what is said when something is not there."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.voice.engines import EngineFault, NoEngine
from gateway.voice.engines.sherpa import Sherpa, ident
from gateway.voice.settings import SherpaSettings


def a_model(folder: Path) -> SherpaSettings:
    for name in ("model.onnx", "tokens.txt", "lexicon.txt"):
        (folder / name).write_text(name)
    return SherpaSettings(model=folder / "model.onnx", speaker=3)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A stand-in with the names of sherpa-onnx 1.10 to 2.0 that we use."""
    said = SimpleNamespace(samples=[0.5, -0.5], sample_rate=16_000, valid=True, asked=())

    def generate(text: str, sid: int, speed: float) -> SimpleNamespace:
        said.asked = (text, sid, speed)
        return SimpleNamespace(samples=said.samples)

    monkeypatch.setitem(
        sys.modules,
        "sherpa_onnx",
        SimpleNamespace(
            OfflineTtsVitsModelConfig=lambda **files: files,
            OfflineTtsModelConfig=lambda **model: model,
            OfflineTtsConfig=lambda model: SimpleNamespace(model=model, validate=lambda: said.valid),
            OfflineTts=lambda _: SimpleNamespace(sample_rate=said.sample_rate, generate=generate),
        ),
    )
    return said


def test_speaks_with_the_operator_s_model(library: SimpleNamespace, tmp_path: Path) -> None:
    engine = Sherpa(a_model(tmp_path), 1.2)
    assert engine.rate == 16_000
    assert engine.synth("正品").tolist() == [0.5, -0.5]
    assert library.asked == ("正品", 3, 1.2)
    assert engine.ident == ident(a_model(tmp_path), 1.2) != ident(a_model(tmp_path), 1.0)


def test_says_what_is_wrong(library: SimpleNamespace, tmp_path: Path) -> None:
    settings = a_model(tmp_path)
    library.samples = []
    with pytest.raises(EngineFault, match="silent"):
        Sherpa(settings, 1.0).synth("正品")
    library.valid = False
    with pytest.raises(NoEngine, match="does not take"):
        Sherpa(settings, 1.0)
    (tmp_path / "lexicon.txt").unlink()
    with pytest.raises(NoEngine, match=r"lexicon\.txt: no such file"):
        Sherpa(settings, 1.0)
    (tmp_path / "tokens.txt").unlink()
    with pytest.raises(NoEngine, match=r"tokens\.txt"):
        Sherpa(settings, 1.0)


def test_without_the_package_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "sherpa_onnx", None)
    with pytest.raises(NoEngine, match="pip install sherpa-onnx"):
        Sherpa(a_model(tmp_path), 1.0)
