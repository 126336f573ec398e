//! Four clouds in the contrasts of the cells, and which of them is which colour, without knowing
//! anything about light and camera.
//!
//! Clouds are found from several starts; the tightest ones count. A camera mixes colours linearly,
//! so of the four means magenta is what yellow and cyan have beyond green, twice: of the
//! twenty-four ways to name them, the one that fits this and resembles the palette most is taken.

use super::contrasts::{
    Contrast, Precision, cluster_means, covariance, inverse, share, squared_distance,
};
use crate::dsp::sort_by_number;
use crate::prng::SplitMix64;

/// Contrasts that are enough to find the clouds.
const SAMPLE: usize = 1200;
/// Random starts beside the palette's.
const STARTS: usize = 6;
/// Rounds from each start: with the overall covariance, then with that of the clouds.
const ROUNDS: [usize; 2] = [6, 8];
/// Each colour is a quarter of the cells; a cloud with less than this is none.
const MIN_SHARE: f64 = 0.12;
/// What a fit to the palette is worth, in units of the cost: clouds that cut through two
/// colours can be nearly as tight as the right ones.
const FIT_WEIGHT: f64 = 2.0;
/// Clouds whose costs differ by less are the same.
const SAME_COST: f64 = 0.02;
const SEED: u64 = 0x636C_7573_7465_7273;

/// The means of the four colours, in the order of [`super::mode::COLOURS`], and the precision
/// within the clouds: the likeliest clouds, or the next ones for each `attempt` from 0.
pub(super) fn start(contrasts: &[Contrast], attempt: usize) -> ([Contrast; 4], Precision) {
    let step = contrasts.len().div_ceil(SAMPLE).max(1);
    let sample: Vec<Contrast> = contrasts.iter().step_by(step).copied().collect();
    let mean: Contrast = std::array::from_fn(|c| {
        sample.iter().map(|contrast| contrast[c]).sum::<f32>() / sample.len().max(1) as f32
    });
    let overall = inverse(covariance(&sample, std::iter::repeat(mean))).0;
    let mut prng = SplitMix64::new(SEED);
    let random = (0..STARTS).map(|_| spread(&sample, &overall, &mut prng));
    let mut found: Vec<Settled> = std::iter::once(scaled_palette(&mean))
        .chain(random)
        .map(|means| settle(&sample, means, overall))
        .collect();
    sort_by_number(&mut found, |settled| settled.cost);
    found.dedup_by(|a, b| (a.cost - b.cost).abs() < SAME_COST || a.cost.is_infinite());
    let best = found.get(attempt).or(found.first());
    best.map_or((scaled_palette(&mean), overall), |clouds| (clouds.means, clouds.precision))
}

/// Clouds that do not move any more.
struct Settled {
    means: [Contrast; 4],
    precision: Precision,
    /// Twice the negative logarithm of the likelihood of a contrast, if each colour is a quarter
    /// of the cells, less what the palette's fit is worth; infinite if a cloud has hardly any.
    cost: f64,
}

fn settle(sample: &[Contrast], mut means: [Contrast; 4], overall: Precision) -> Settled {
    let (mut precision, mut cost) = (overall, f64::INFINITY);
    for round in 0..ROUNDS[0] + ROUNDS[1] {
        let nearest = |contrast: &Contrast| {
            let distances = means.map(|mean| squared_distance(&precision, contrast, &mean));
            (0..4).min_by(|&a, &b| distances[a].total_cmp(&distances[b])).unwrap_or(0)
        };
        let labels: Vec<usize> = sample.iter().map(nearest).collect();
        let shares = cluster_means(sample, &labels, &mut means);
        if round >= ROUNDS[0] {
            let within = labels.iter().map(|&label| means[label]);
            let (inverse, determinant) = inverse(covariance(sample, within));
            precision = inverse;
            let uneven = shares.iter().map(|share| share * (4.0 * share).max(1e-9).ln());
            cost = determinant.ln() + 2.0 * uneven.sum::<f64>();
        }
        if shares.iter().any(|share| *share < MIN_SHARE) {
            cost = f64::INFINITY;
        }
    }
    let (means, fit) = named(means);
    Settled { means, precision, cost: cost - FIT_WEIGHT * f64::from(fit) }
}

/// The palette, scaled so that each channel has the mean that was seen.
fn scaled_palette(mean: &Contrast) -> [Contrast; 4] {
    std::array::from_fn(|colour| {
        std::array::from_fn(|c| {
            let shares: f32 = (0..4).map(|colour| share(colour, c)).sum();
            share(colour, c) * mean[c].max(1e-3) * 4.0 / shares
        })
    })
}

/// Four of the contrasts, far from each other (k-means++, Arthur and Vassilvitskii, 2007).
fn spread(sample: &[Contrast], precision: &Precision, prng: &mut SplitMix64) -> [Contrast; 4] {
    let mut uniform = || (prng.next_u64() >> 40) as f32 / (1u32 << 24) as f32;
    let first = sample.get((uniform() * sample.len() as f32) as usize).copied().unwrap_or_default();
    let mut means = [first; 4];
    for chosen in 1..4 {
        let distance = |contrast: &Contrast| {
            let to = |mean: &Contrast| squared_distance(precision, contrast, mean);
            means[..chosen].iter().map(to).fold(f32::MAX, f32::min)
        };
        let distances: Vec<f32> = sample.iter().map(distance).collect();
        let mut left = uniform() * distances.iter().sum::<f32>();
        let at = distances.iter().position(|distance| {
            left -= distance;
            left <= 0.0
        });
        means[chosen] = at.and_then(|at| sample.get(at)).copied().unwrap_or(first);
    }
    means
}

/// The means in the order of the palette, and how well they fit it: 2.9 at best.
fn named(means: [Contrast; 4]) -> ([Contrast; 4], f32) {
    let orders = (0..256).map(|i| [i & 3, i >> 2 & 3, i >> 4 & 3, i >> 6]);
    let orders = orders.filter(|order| (0..4).all(|colour| order.contains(&colour)));
    let middle: Contrast = std::array::from_fn(|c| means.iter().map(|m| m[c]).sum::<f32>() / 4.0);
    let scale: Contrast = std::array::from_fn(|c| {
        means.iter().map(|m| (m[c] - middle[c]).powi(2)).sum::<f32>().sqrt().max(1e-6)
    });
    // Every channel alike: how much of it there is says nothing about which colour has it.
    let means_alike = means.map(|mean| {
        let alike: Contrast = std::array::from_fn(|c| (mean[c] - middle[c]) / scale[c]);
        alike
    });
    let fit = |order: &[usize; 4]| {
        let colour = |k: usize| means_alike[order[k]];
        let [green, cyan, yellow, magenta] = std::array::from_fn(colour);
        let (mut likeness, mut misfit) = (0.0, 0.0);
        for c in 0..3 {
            let mean = (0..4).map(|k| share(k, c)).sum::<f32>() / 4.0;
            likeness += (0..4).map(|k| (share(k, c) - mean) * colour(k)[c]).sum::<f32>();
            misfit += (magenta[c] - yellow[c] - cyan[c] + 2.0 * green[c]).powi(2) / 7.0;
        }
        likeness - misfit
    };
    let ranked = orders.map(|order| (fit(&order), order));
    let best = ranked.max_by(|a, b| a.0.total_cmp(&b.0));
    best.map_or((means, 0.0), |(fit, order)| (order.map(|k| means[k]), fit))
}
