"""BPSec byte for byte: the examples of RFC 9173, appendix A."""

from __future__ import annotations

import hmac

import pytest

from farside.link.bundle import AGE, CONFIDENTIALITY, INTEGRITY, PAYLOAD, REPLICATE, Block, Bundle, Primary, unpack
from farside.link.checksum import Crc
from farside.link.eid import Eid
from farside.link.security import (
    Refused,
    Scope,
    SecurityBlock,
    Why,
    decrypt,
    encrypt,
    read_security_block,
    sign,
    verify,
)
from farside.link.security.block import covered
from farside.link.security.wrap import wrap

PRIMARY = "88070000820282010282028202018202820201820018281a000f4240"
WORDS = b"Ready to generate a 32-byte payload"
HMAC_KEY = bytes.fromhex("1a2b" * 8)
IV = b"Twelve121212"
AES_128, AES_256, KEK = b"qwertyuiopasdfgh", b"qwertyuiopasdfgh" * 2, b"abcdefghijklmnop"
SOURCE, OTHER = Eid(2, 1), Eid(3, 0)
SHA_256, SHA_384, SHA_512 = 5, 6, 7

A1 = (
    f"9f{PRIMARY}850b0200005856810101018202820201828201078203008181820158403bdc69b3a34a2b5d3a8554368bd1e808f606219d2a10"
    "a846eae3886ae4ecc83c4ee550fdfb1cc636b904e2f1a73e303dcd4b6ccece003e95e8164dcc89a156e185010100005823" + WORDS.hex()
) + "ff"
A2 = (
    f"9f{PRIMARY}850c02010058508101020182028202018482014c5477656c76653132313231328202018203581869c411276fecddc4780df42c"
    "8a2af89296fabf34d7fae7008204008181820150efa4b5ac0108e3816c5606479801bc04850101000058233a09c1e63fe23a7f66a59c730383"
    "7241e070b02619fc59c5214a22f08cd70795e73e9aff"
)
A3 = (
    f"9f{PRIMARY}850b030000585c8200020101820282030082820105820300828182015820cac6ce8e4c5dae57988b757e49a6dd1431dc04763541"
    "b2845098265bc817241b81820158203ed614c0d97f49b3633627779aa18a338d212bf3c92b97759d9739cd50725596850c04010058348101"
    "020182028202018382014c5477656c76653132313231328202018204008181820150efa4b5ac0108e3816c5606479801bc04850702000043"
    "19012c850101000058233a09c1e63fe23a7f66a59c7303837241e070b02619fc59c5214a22f08cd70795e73e9aff"
)
A4_SIGNATURE = (
    "81010101820282020182820106820307818182015830f75fe4c37f76f046165855bd5ff72fbfd4e3a64b4695c40e2b787da005ae819f0a2e30"
    "a2e8b325527de8aefb52e73d71"
)
A4_ENCRYPTION = (
    "820301020182028202018382014c5477656c76653132313231328202038204078281820150220ffc45c8a901999ecc60991dd78b2981820150"
    "d2c51cb2481792dae8b21d848cede99b"
)
A4_PAYLOAD = "90eab6457593379298a8724e16e61f837488e127212b59ac91f8a86287b7d07630a122"


def plain(*extensions: Block) -> Bundle:
    primary = Primary(Eid(1, 2), Eid(2, 1), 0, 40, 1_000_000, 0, Eid(2, 1), Crc.NONE)
    return Bundle(primary, (*extensions, Block(PAYLOAD, 1, WORDS, 0, Crc.NONE)))


def block(bundle: Bundle, type_: int) -> Block:
    return next(block for block in bundle.blocks if block.type == type_)


AGE_300 = Block(AGE, 2, bytes.fromhex("19012c"), 0, Crc.NONE)


def test_common_bundle_is_the_published_one():
    assert plain().pack().hex() == f"9f{PRIMARY}85010100005823{WORDS.hex()}ff"


def test_a1_a_signed_payload():
    bundle = sign(plain(), HMAC_KEY, SOURCE, variant=SHA_512, scope=Scope.NOTHING)
    assert bundle.pack().hex() == A1
    verify(unpack(bytes.fromhex(A1)), block(bundle, INTEGRITY), HMAC_KEY)


def test_a2_a_payload_encrypted_with_a_key_that_travels_along():
    assert wrap(KEK, AES_128).hex() == "69c411276fecddc4780df42c8a2af89296fabf34d7fae700"
    bundle = encrypt(plain(), AES_128, IV, SOURCE, scope=Scope.NOTHING, wrapped=wrap(KEK, AES_128))
    assert bundle.pack().hex() == A2
    received = unpack(bytes.fromhex(A2))
    assert decrypt(received, block(received, CONFIDENTIALITY), KEK).pack() == plain().pack()


def test_a3_signed_primary_and_age_with_an_encrypted_payload():
    bundle = sign(plain(AGE_300), HMAC_KEY, OTHER, targets=(0, 2), variant=SHA_256, scope=Scope.NOTHING)
    bundle = encrypt(bundle, AES_128, IV, SOURCE, scope=Scope.NOTHING)
    assert bundle.pack().hex() == A3
    received = unpack(bytes.fromhex(A3))
    verify(received, block(received, INTEGRITY), HMAC_KEY)
    assert decrypt(received, block(received, CONFIDENTIALITY), AES_128).payload == WORDS


def test_a4_a_signature_of_everything():
    bundle = sign(plain(), HMAC_KEY, SOURCE, variant=SHA_384, number=3)
    own = block(bundle, INTEGRITY)
    assert own.data.hex() == A4_SIGNATURE
    assert covered(bundle, 7, 1, own).hex() == f"07{PRIMARY}0101000b0300"


def test_a4_its_payload_encrypted():
    bundle = sign(plain(), HMAC_KEY, SOURCE, variant=SHA_384, number=3)
    bundle = encrypt(bundle, AES_256, IV, SOURCE, number=2)
    own = block(bundle, CONFIDENTIALITY)
    assert covered(bundle, 7, 1, own).hex() == f"07{PRIMARY}0101000c0201"
    assert bundle.payload.hex() == A4_PAYLOAD
    assert read_security_block(own.data).results[0][1].hex() == "d2c51cb2481792dae8b21d848cede99b"


def test_a4_received_with_signature_and_payload_under_one_vector():
    """Nobody should send this (erratum 7002), but what it says is clear."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    aad = bytes.fromhex(f"07{PRIMARY}0b03000c0201")
    hidden = AESGCM(AES_256).encrypt(IV, bytes.fromhex(A4_SIGNATURE), aad)
    assert hidden[-16:].hex() == "220ffc45c8a901999ecc60991dd78b29"
    bundle = Bundle(
        plain().primary,
        (
            Block(INTEGRITY, 3, hidden[:-16], 0, Crc.NONE),
            Block(CONFIDENTIALITY, 2, bytes.fromhex(A4_ENCRYPTION), REPLICATE, Crc.NONE),
            Block(PAYLOAD, 1, bytes.fromhex(A4_PAYLOAD), 0, Crc.NONE),
        ),
    )
    received = unpack(bundle.pack())
    clear = decrypt(received, block(received, CONFIDENTIALITY), AES_256)
    assert clear.payload == WORDS
    verify(clear, block(clear, INTEGRITY), HMAC_KEY)


@pytest.mark.parametrize("text", [A1, A2, A3])
def test_security_blocks_come_out_as_they_came_in(text):
    for each in unpack(bytes.fromhex(text)).blocks:
        if each.type in (INTEGRITY, CONFIDENTIALITY):
            assert read_security_block(each.data).pack() == each.data


def test_defaults_are_those_of_the_rfc():
    """SHA-384, AES-256 and the whole scope where nothing is said (RFC 9173 sections 3.3, 4.3)."""
    bundle = sign(plain(), HMAC_KEY, SOURCE, variant=SHA_384)
    own = block(bundle, INTEGRITY)
    said = read_security_block(own.data)
    silent = own._replace(data=SecurityBlock(said.targets, said.context, said.source, {}, said.results).pack())
    assert silent.data[2:4] == b"\x01\x00"
    verify(bundle, silent, HMAC_KEY)


def test_a_tag_may_end_the_ciphertext():
    bundle = encrypt(plain(), AES_256, IV, SOURCE)
    own = block(bundle, CONFIDENTIALITY)
    said = read_security_block(own.data)
    moved = SecurityBlock(said.targets, said.context, said.source, said.parameters, ({},))
    payload = bundle.blocks[-1]._replace(data=bundle.payload + said.results[0][1])
    within = Bundle(bundle.primary, (own._replace(data=moved.pack()), payload))
    assert decrypt(within, within.blocks[0], AES_256).payload == WORDS
    with pytest.raises(Refused) as refused:
        decrypt(Bundle(bundle.primary, (within.blocks[0], bundle.blocks[-1])), within.blocks[0], AES_256)
    assert refused.value.why is Why.ALTERED


def test_a_primary_block_is_covered_as_it_came():
    """HDTN writes nobody as ipn:0.0, others as dtn:none; the signature is of what its source wrote."""
    theirs = bytes.fromhex("88070000820282010282028202018202820000820018281a000f4240")
    own = Block(INTEGRITY, 3, b"", 0, Crc.NONE)
    tag = hmac.digest(HMAC_KEY, b"\x07" + theirs + bytes.fromhex("0101000b03005823") + WORDS, "sha384")
    own = own._replace(data=SecurityBlock((1,), 1, SOURCE, {1: SHA_384, 3: 7}, ({1: tag},)).pack())
    data = b"\x9f" + theirs + own.pack() + plain().blocks[-1].pack() + b"\xff"
    verify(unpack(data), own, HMAC_KEY)
