#!/usr/bin/env python3
"""Proves that nobody changed a journal: python3 verifier.py --key KEY --head HEAD FOLDER...

KEY is the verifier key that was handed over when the store was made, HEAD a file with a signed head that was kept away
from the server since, FOLDER a journal or a backup of one. One line is printed for each folder; exit 1: one is not sound.

Written from the pages that describe the bytes (package filejournal, package journal), with nothing of the program in it
and nothing but Python's own library, so that whoever does not trust the program can read it in a quarter of an hour.
"""
import argparse, base64, hashlib, pathlib, struct, sys

# Ed25519, RFC 8032: points are (x, y, z, x*y) on the twisted Edwards curve.
P, Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)


def add(a, b):
    s, t = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    u, v = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = t - s, v - u, v + u, t + s
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, point):
    total = (0, 1, 1, 0)
    while n:
        total, point, n = (add(total, point) if n & 1 else total), add(point, point), n >> 1
    return total


def point_of(raw):
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    xx = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(xx, (P + 3) // 8, P)
    x = x * ROOT % P if (x * x - xx) % P else x
    if (x * x - xx) % P or y >= P:
        raise ValueError("a key or a signature is not on the curve")
    x = P - x if x & 1 != raw[31] >> 7 else x
    return x, y, 1, x * y % P


def signed(key, message, signature):
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % Q
    base = point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    a, b = times(s, base), add(point_of(r), times(k, point_of(key)))
    return s < Q and not (a[0] * b[2] - b[0] * a[2]) % P and not (a[1] * b[2] - b[1] * a[2]) % P


def head_of(note, key):
    """Gives journal id, sequence and hash of a signed note, if the key signed it."""
    name, number, material = key.strip().split("+", 2)
    material = base64.b64decode(material, validate=True)
    digest = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
    if digest.hex() != number or material[0] != 1 or len(material) != 33:
        raise ValueError("this is no verifier key")
    text, signatures = note.split("\n\n", 1)
    for line in signatures.splitlines():
        dash, signer, coded = line.split(" ")
        raw = base64.b64decode(coded, validate=True)
        if dash == "—" and signer == name and raw[:4] == digest and signed(material[1:], (text + "\n").encode(), raw[4:]):
            origin, sequence, coded_hash, _ = text.split("\n")
            return bytes.fromhex(origin.removeprefix("tonghop/")), int(sequence), base64.b64decode(coded_hash)
    raise ValueError("the head is not signed by this key")


TABLE = []
for n in range(256):
    for _ in range(8):
        n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
    TABLE.append(n)


def crc(*parts):
    c = 0xFFFFFFFF
    for part in parts:
        for byte in part:
            c = TABLE[(c ^ byte) & 255] ^ c >> 8
    return c ^ 0xFFFFFFFF


def groups(segment, data):
    """Gives header and entries of each group of a segment: sequence, public part, private hash, private block."""
    at, mark = 512, segment[72:80]
    while data[at:at + 8] == mark:
        head = data[at:at + 60]
        first, count, length, before, check = struct.unpack(">QII32sI", head[8:])
        if crc(head[:56]) != check:
            return
        covered, entries, place = [head], [], at + 60
        end = place + length
        for sequence in range(first, first + count):
            public, text = struct.unpack(">II", data[place:place + 8])
            block = 17 + text if text else 0
            body = place + 40 + public
            covered.append(data[place:body])
            entries.append((sequence, data[place + 40:body], data[place + 8:place + 40], data[body:body + block]))
            place = body + block
        if place != end or end + 4 > len(data) or crc(*covered) != int.from_bytes(data[end:end + 4], "big"):
            return
        yield before, entries
        at = end + 4


def verify(folder, head):
    """Gives a sentence if the journal is sound up to the head; raises ValueError otherwise."""
    files = sorted(pathlib.Path(folder).glob("*.journal"))
    chain, last, met, removed, current = None, 0, False, 0, None
    for file in files:
        data = file.read_bytes()
        magic, version, size, current, first, before = struct.unpack(">8sII16sQ32s", data[:72])
        if (magic, version, size, file.name) != (b"tonghopJ", 1, 512, "%020d.journal" % first) or crc(data[:88]) != int.from_bytes(data[88:92], "big"):
            raise ValueError(f"{file.name} has no sound header")
        chain = hashlib.sha256(b"tonghop/journal/first/1\n" + current).digest() if chain is None else chain
        if first != last + 1 or before != chain:
            raise ValueError(f"{file.name} does not follow entry {last}")
        for before, entries in groups(data[:512], data):
            if before != chain:
                raise ValueError(f"entry {entries[0][0]} does not follow entry {last}")
            for sequence, public, private, block in entries:
                if sequence != last + 1:
                    raise ValueError(f"entry {sequence} stands where {last + 1} follows")
                if bool(block) != (private != bytes(32)):
                    raise ValueError(f"entry {sequence} has a private text without a hash, or a hash without a text")
                if block and block[0] == 0x50 and hashlib.sha256(block[1:]).digest() != private:
                    raise ValueError(f"the private text of entry {sequence} was changed")
                if block and block[0] != 0x50 and block != b"\xaf" + bytes(len(block) - 1):
                    raise ValueError(f"the private text of entry {sequence} is marked as removed and something is left of it")
                removed += bool(block) and block[0] != 0x50
                chain = hashlib.sha256(b"tonghop/journal/entry/1\n" + chain + struct.pack(">Q", len(public)) + public + private).digest()
                last = sequence
                if head and last == head[1]:
                    if chain != head[2] or current != head[0]:
                        raise ValueError(f"at entry {last} the chain is not the one that was signed")
                    met = True
    if head and not met:
        raise ValueError(f"the journal ends at entry {last}, and entry {head[1]} was signed")
    return f"{last} entries" + (f", the first {head[1]} as signed" if head else "") + (f", {removed} private parts removed" if removed else "")


def main():
    options = argparse.ArgumentParser(description="Proves that nobody changed a journal.")
    options.add_argument("--key", help="file with the verifier key, or the key itself")
    options.add_argument("--head", help="file with a signed head; without it only the chain is checked")
    options.add_argument("folders", nargs="+", metavar="FOLDER")
    given, unsound = options.parse_args(), 0
    head = None
    if given.head:
        key = pathlib.Path(given.key).read_text() if "+" not in given.key else given.key
        head = head_of(pathlib.Path(given.head).read_text(), key)
    for folder in given.folders:
        try:
            print(f"{folder}: sound: {verify(folder, head)}")
        except (ValueError, struct.error) as problem:
            unsound = 1
            print(f"{folder}: NOT SOUND: {problem}")
    return unsound


if __name__ == "__main__":
    sys.exit(main())
