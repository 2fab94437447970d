"""Figures of NumPy, SciPy and statsmodels: the golden data of test/statistics.

python3 -m venv /tmp/statistics && /tmp/statistics/bin/pip install -r training/requirements-statistics.txt
/tmp/statistics/bin/python training/peer_statistics.py > test/statistics/golden/statistics.json

Bootstrap: the replicates are drawn here by the numbers that src/statistics/random.ts draws, and SciPy makes the interval of them.
"""
import json
import sys

import numpy as np
from scipy import stats
from scipy.stats._resampling import BootstrapResult
from statsmodels.stats.multitest import multipletests

from peer_random import mulberry32

REPLICATES = 10_000
SEED = 20_150_114


def interval(sample, statistic, method):
    drawn = mulberry32(SEED, REPLICATES * len(sample)).reshape(REPLICATES, -1) % len(sample)
    replicates = statistic(np.asarray(sample)[drawn], axis=1)
    earlier = BootstrapResult(confidence_interval=None, bootstrap_distribution=replicates, standard_error=None)
    low, high = stats.bootstrap((sample,), statistic, n_resamples=0, method=method, bootstrap_result=earlier).confidence_interval
    return {"low": low, "high": high}


def bias(x, y):
    slope, _, low, high = stats.theilslopes(y, x)
    return {"x": x, "y": y, "slope": slope, "low": low, "high": high}


rng = np.random.default_rng(7)
dsc = {
    "thirty": (1 - rng.beta(2, 20, 30)).round(6).tolist(),
    "with failures": [0, 0, *(1 - rng.beta(2, 30, 18)).round(6).tolist()],
    "five": [0.91, 0.93, 0.88, 0.95, 0.9],
}
samples = [
    {
        "name": name, "values": values,
        "mean": np.mean(values), "sd": np.std(values, ddof=1), "p5": np.percentile(values, 5), "q1": np.percentile(values, 25), "median": np.median(values), "q3": np.percentile(values, 75),
        "bcaOfMean": interval(values, np.mean, "BCa"), "percentileOfMedian": interval(values, np.median, "percentile"),
    }
    for name, values in dsc.items()
]

differences = {
    "small, exact": rng.normal(0.3, 1, 9).round(6).tolist(),
    "fifty, exact": rng.normal(0.2, 1, 50).round(6).tolist(),
    "all one way": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
    "fifty one": rng.normal(0.4, 1, 51).round(6).tolist(),
    "zeros": [0, 0, 0, *rng.normal(0.4, 1, 20).round(6).tolist()],
    "ties and zeros": rng.integers(-3, 6, 40).tolist(),
}


def wilcoxon(name, values):
    is_exact = 0 not in values and len(np.unique(np.abs(values))) == len(values) <= 50
    test = stats.wilcoxon(values, zero_method="pratt", correction=False, method="exact" if is_exact else "asymptotic")
    return {"name": name, "differences": values, "least": test.statistic, "p": test.pvalue, "isExact": bool(is_exact)}


p_values = [[0.01, 0.04, 0.03, 0.005], [0.5, 0.9, 0.04], [0.02], [0.001, 0.001, 0.2, 0.05, 0.05]]
volume = rng.uniform(10, 900, 25).round(3)
points = [
    bias(volume.tolist(), (volume * 0.03 + rng.normal(0, 5, 25)).round(3).tolist()),
    bias([1, 1, 2, 3, 4, 5, 5, 8], [0.5, 0.7, 0.7, 1, 1.4, 1.2, 2, 9]),
]
z = [-9, -5.5, -3, -2.999, -1.96, -0.3, 0, 0.7, 2.5, 3.2, 6]
shares = [1e-12, 0.001, 0.025, 0.3, 0.5, 0.8, 0.975, 0.9999]

json.dump(
    {
        "samples": samples,
        "signedRanks": [wilcoxon(*entry) for entry in differences.items()],
        "holm": [{"p": values, "corrected": multipletests(values, method="holm")[1].tolist()} for values in p_values],
        "slopes": points,
        "normal": {"z": z, "below": stats.norm.cdf(z).tolist(), "above": stats.norm.sf(z).tolist(), "shares": shares, "quantiles": stats.norm.ppf(shares).tolist()},
    },
    sys.stdout,
    indent=1,
)
print()
