"""What leaves the office: the file of a case, its letter, and the packet that anybody can compute again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.evidence.case_file import compile_case_file as compile_case_file
    from creditscore.evidence.letter import compose_letter as compose_letter
    from creditscore.evidence.letter import letter_text as letter_text
    from creditscore.evidence.packet.files import verify_packet as verify_packet
    from creditscore.evidence.packet.files import write_packet as write_packet
    from creditscore.evidence.packet.of_case import build_case_packet as build_case_packet
    from creditscore.evidence.packet.results import build_packet as build_packet
    from creditscore.evidence.papers import Papers as Papers
    from creditscore.evidence.papers import read_papers as read_papers
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__,
        {
            "Papers": "papers",
            "build_case_packet": "packet.of_case",
            "build_packet": "packet.results",
            "compile_case_file": "case_file",
            "compose_letter": "letter",
            "letter_text": "letter",
            "read_papers": "papers",
            "verify_packet": "packet.files",
            "write_packet": "packet.files",
        },
    )
