"""From scores to records: results, statistics, the primary analysis, comparisons with the paper."""
