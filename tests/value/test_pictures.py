import math
import re

from etude.value.pictures import Banded, Gap, banded_chart, gap_chart, point


def test_a_difference_stands_on_its_side_of_zero_with_its_whisker_about_it() -> None:
    chart = gap_chart(
        [Gap(label="<b>", value=-0.2, low=-0.3, high=-0.1, figure="x", tone=2)], "differences"
    )
    dot = float(re.findall(r'cx="([\d.]+)%"', chart)[0])
    zero = float(re.findall(r'class="base" x1="([\d.]+)%"', chart)[0])
    low, high = (
        float(at) for at in re.findall(r'class="whisker" x1="([\d.]+)%" x2="([\d.]+)%"', chart)[0]
    )
    assert low < dot < high < zero
    assert "<b>" not in chart


def test_bounds_without_end_reach_the_edge_and_are_not_drawn_on_curves() -> None:
    chart = gap_chart(
        [Gap(label="a", value=1.0, low=-math.inf, high=math.inf, figure="x")], "differences"
    )
    assert 'x1="2.00%" x2="98.00%"' in chart
    curve = Banded(label="a", points=((0, 1.0, math.nan, math.nan), (1, 2.0, 1.5, 2.5)))
    assert banded_chart([curve], "c").count("thin") == 1
    assert banded_chart([], "c") == ""


def test_places_of_a_logarithmic_chart_are_as_far_apart_as_their_ratios() -> None:
    curve = Banded(label="a", points=tuple((n, 1.0, 1.0, 1.0) for n in (100, 200, 400)))
    chart = banded_chart([curve], "c", logarithmic=True)
    one, two, three = (float(at) for at in re.findall(r'cx="([\d.]+)%"', chart))
    assert abs((two - one) - (three - two)) < 0.02


def test_a_point_is_a_mean_with_students_interval() -> None:
    place, mean, low, high = point(3, [1.0, 2.0, 3.0], 0.95)
    assert (place, mean) == (3, 2.0)
    assert abs(high - mean - 4.3027 / math.sqrt(3)) < 1e-3
    assert abs(mean - low - 4.3027 / math.sqrt(3)) < 1e-3
    assert math.isnan(point(0, [1.0], 0.95)[2])
