//! Wrong packets among more than K of a block, by linear algebra over GF(2^8).
//!
//! The differences between what was received and what the first K packets make of it are, byte by
//! byte, sums of columns of a parity-check matrix: those of the wrong packets. All bytes of a packet
//! are wrong together, so the differences span these very columns, as soon as they are fewer than the
//! checks and their errors are independent; and no other column lies in that span, since any as many
//! columns as there are checks are independent (the code is maximum distance separable). So with
//! K + r packets up to r - 1 wrong ones are found, twice as many as byte by byte. (Interleaved
//! Reed-Solomon codes: Krachkovsky and Lee 1997, Metzner and Kapturowski 1990.)

use super::linear::Echelon;
use super::{OuterError, Parity};
use std::collections::BTreeSet;

/// The indices of the wrong ones among packets: `basis` are K of them, from which `codeword` was made,
/// `checks` the others. `None` if they are too many to be told.
///
/// # Errors
/// As [`Parity::restore`].
pub(super) fn misfits(
    parity: &Parity,
    block: u32,
    basis: &[(u8, &[u8])],
    checks: &[(u8, &[u8])],
    codeword: &[Vec<u8>],
) -> Result<Option<BTreeSet<u8>>, OuterError> {
    let Some(span) = differences(checks, codeword) else { return Ok(None) };
    let columns = check_columns(parity, block, basis, checks)?;
    let wrong = columns.into_iter().filter(|(_, column)| span.contains(column));
    Ok(Some(wrong.map(|(index, _)| index).collect()))
}

/// What the differences span; `None` if that is everything.
fn differences(checks: &[(u8, &[u8])], codeword: &[Vec<u8>]) -> Option<Echelon> {
    let mut span = Echelon::default();
    let length = codeword.first().map_or(0, Vec::len);
    for at in 0..length {
        let difference = checks.iter().map(|(index, payload)| {
            let made = codeword.get(usize::from(*index)).and_then(|packet| packet.get(at));
            made.zip(payload.get(at)).map_or(0, |(made, received)| made ^ received)
        });
        let _ = span.add(difference.collect());
        if span.len() == checks.len() {
            return None;
        }
    }
    Some(span)
}

/// The columns of the parity-check matrix that belongs to these packets: of each of the basis what it
/// adds to each check, of a check itself.
fn check_columns(
    parity: &Parity,
    block: u32,
    basis: &[(u8, &[u8])],
    checks: &[(u8, &[u8])],
) -> Result<Vec<(u8, Vec<u8>)>, OuterError> {
    let unit =
        |length: usize, at: usize| -> Vec<u8> { (0..length).map(|i| u8::from(i == at)).collect() };
    let units = basis.iter().enumerate();
    let units = units.map(|(number, (index, _))| (*index, unit(basis.len(), number)));
    let mut packets = parity.placed(units);
    // What each packet is made of, of the basis.
    parity.complete(block, &mut packets)?;
    let share = |check: u8, number: usize| {
        let made = packets.get(usize::from(check)).and_then(Option::as_ref);
        made.and_then(|shares| shares.get(number)).copied().unwrap_or(0)
    };
    let of_basis = basis.iter().enumerate().map(|(number, (index, _))| {
        (*index, checks.iter().map(|(check, _)| share(*check, number)).collect())
    });
    let of_checks =
        checks.iter().enumerate().map(|(number, (index, _))| (*index, unit(checks.len(), number)));
    Ok(of_basis.chain(of_checks).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outer::Shape;

    #[test]
    fn as_many_wrong_packets_as_checks_but_one_are_found() {
        let shape = Shape { blocks: 1, source: 5, repair: 4, payload: 30 };
        let parity = Parity::new(shape);
        let source: Vec<u8> = (0..150u32).map(|i| (i * i) as u8).collect();
        let right = parity.encode(0, &source).unwrap();
        for wrong in [vec![], vec![3], vec![0, 8], vec![1, 2, 7], vec![0, 1, 2, 3]] {
            let mut received = right.clone();
            for &at in &wrong {
                for (i, byte) in received[at].iter_mut().enumerate() {
                    *byte ^= (i * i * 7 + at * 31 + i * at + 1) as u8;
                }
            }
            let packets: Vec<(u8, &[u8])> =
                received.iter().enumerate().map(|(i, p)| (i as u8, p.as_slice())).collect();
            let (basis, checks) = packets.split_at(5);
            let source: Vec<u8> = basis.iter().flat_map(|(_, p)| p.to_vec()).collect();
            let codeword = parity.encode(0, &source).unwrap();
            let found = misfits(&parity, 0, basis, checks, &codeword).unwrap();
            let expected: BTreeSet<u8> = wrong.iter().map(|at| *at as u8).collect();
            assert_eq!(found, (wrong.len() < 4).then_some(expected), "{wrong:?}");
        }
    }
}
