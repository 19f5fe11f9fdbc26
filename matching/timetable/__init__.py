"""When whom: interviews and rooms without clashes, exactly, and again when the day goes otherwise. Arrays only."""

from matching.timetable.day import Day, Timetable
from matching.timetable.greedy import first_fit
from matching.timetable.plan import plan
from matching.timetable.replan import replan
from matching.timetable.rooms import rooms_of

__all__ = ["Day", "Timetable", "first_fit", "plan", "replan", "rooms_of"]
