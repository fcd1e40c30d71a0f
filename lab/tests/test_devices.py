# SPDX-License-Identifier: GPL-2.0-only
"""How QEMU is told of a board's devices: places, bridges, what is attached."""

from lab.boardfile import parse_device
from lab.qemu import device_args


def args(*entries: dict[str, object]) -> str:
    return " ".join(device_args(tuple(parse_device(entry) for entry in entries)))


def test_functions_of_a_slot() -> None:
    told = args({"bdf": "00:04.0", "model": "edu"}, {"bdf": "00:04.1", "model": "e1000"})
    assert told == ("-device edu,dma_mask=0xffffffffffffffff,id=d04.0,addr=4.0,multifunction=on "
                    "-device e1000,romfile=,id=d04.1,addr=4.1")


def test_a_disk() -> None:
    told = args({"bdf": "00:08.0", "model": "ahci"})
    assert "file=d08.0.img" in told and told.index("-drive") < told.index("-device ich9-ahci")
    assert told.endswith("-device ide-hd,bus=d08.0.0,drive=d08.0-disk")


def test_a_usb_device() -> None:
    assert args({"bdf": "00:08.0", "model": "uhci"}).endswith("-device usb-tablet,bus=d08.0.0")


def test_behind_a_bridge() -> None:
    told = args({"bdf": "00:0c.0", "model": "bridge", "bus": 2},
                {"bdf": "02:04.0", "model": "edu", "gsi": 20},
                {"bdf": "00:04.0", "model": "edu"}, {"bdf": "02:04.1", "model": "e1000", "gsi": 20})
    assert "edu,dma_mask=0xffffffffffffffff,id=d02.04.0,bus=d0c.0,addr=4.0,multifunction=on" in told
    assert "id=d02.04.1,bus=d0c.0,addr=4.1" in told
    assert "edu,dma_mask=0xffffffffffffffff,id=d04.0,addr=4.0 " in told  # alone in its slot: the other 04 is on another bus


def test_gsi_follows_the_pin() -> None:
    places = {("00:04.0", "uhci"): 20, ("00:05.0", "uhci"): 21, ("00:04.0", "ehci"): 23, ("00:09.0", "ehci"): 20,
              ("00:19.0", "uhci"): 16, ("00:19.0", "ehci"): 19}
    for (bdf, model), gsi in places.items():
        assert parse_device({"bdf": bdf, "model": model}).gsi == gsi, (bdf, model)
