"""The space link: bundles, nodes, contact plan, routing, the network in virtual time, its faults and its byte ledger.

    network = Network(env, ContactPlan(contacts), light_time, t0)
    network.agent(10).send((40, 1), record, Priority.BULK)
    network.agent(40).on_delivery(lambda source, created, payload, delivered: ...)

Times are mission time: seconds since ``t0`` (TDB seconds past J2000).
"""

from farside.link.bundle import Bundle, BundleId, DamagedBundle, Form, split, unpack
from farside.link.contact import Contact, ContactPlan, LightTime
from farside.link.eid import Eid
from farside.link.fault import KINDS as FAULTS
from farside.link.fault import Fault, actual_plan
from farside.link.fault import draw as draw_faults
from farside.link.journey import Priority
from farside.link.ledger import Balance, Ledger
from farside.link.network import Agent, Network
from farside.link.node import Node
from farside.link.predict import Freight, predict
from farside.link.route import Route, Router
from farside.link.security import Guard
from farside.link.settings import Settings
from farside.link.store import StoreFull
from farside.link.thin import ThinAgent, ThinNetwork
from farside.link.timecode import bp_time

__all__ = [
    "FAULTS",
    "Agent",
    "Balance",
    "Bundle",
    "BundleId",
    "Contact",
    "ContactPlan",
    "DamagedBundle",
    "Eid",
    "Fault",
    "Form",
    "Freight",
    "Guard",
    "Ledger",
    "LightTime",
    "Network",
    "Node",
    "Priority",
    "Route",
    "Router",
    "Settings",
    "StoreFull",
    "ThinAgent",
    "ThinNetwork",
    "actual_plan",
    "bp_time",
    "draw_faults",
    "predict",
    "split",
    "unpack",
]
