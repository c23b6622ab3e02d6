"""Statistics from the tidy scores: means with both sds, one test, mean ranks.

Seeds and images are two different sources of spread and are never pooled into one sd: ``sd_images`` is over images (of
values averaged over seeds), ``sd_seeds`` over seeds (of values averaged over images). A seed is one replicate of the
whole experiment; the test and its interval take trainings and images as crossed (``crossed_effects.py``). Below five
trainings the p-value is NaN. ``summary.py`` says which values count, with one rule for all of them.
"""
