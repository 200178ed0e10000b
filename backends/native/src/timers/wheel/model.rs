//! The wheel beside a sorted map, by any sequence of calls: the tests draw them, and so does the
//! fuzz target.

use std::collections::BTreeMap;

use super::{CROWD, GROUP, TICK_BITS, Wheel};

pub(super) const WIDE: u64 = (GROUP as u64) << TICK_BITS;

/// Makes the calls that `draw` decides, which gives a number below its argument, until it gives
/// none. Panics where the wheel does otherwise than the map.
pub(crate) fn beside_a_sorted_map(mut draw: impl FnMut(u64) -> Option<u64>) -> Option<()> {
    let mut wheel = Wheel::new();
    let mut model = BTreeMap::new();
    let mut keys = Vec::new();
    let mut now = draw(1 << 40)?;
    wheel.advance(now, &mut Vec::new());
    for step in 0_u64.. {
        match draw(10)? {
            0..6 => {
                let range = draw(44)?;
                let deadline = (now + draw(1 << range)?).saturating_sub(draw(2)? * 1000);
                keys.push((deadline, step, wheel.insert(deadline, step)));
                model.insert((deadline, step), step);
            }
            6..8 if !keys.is_empty() => {
                let (deadline, step, key) = keys.swap_remove(draw(keys.len() as u64)? as usize);
                assert_eq!(wheel.remove(key), model.remove(&(deadline, step)));
            }
            _ => {
                if let (Some(next), Some((&(first, _), _))) = (wheel.next(), model.first_key_value()) {
                    let crowd = model.range(..(first + WIDE, 0)).count() >= CROWD;
                    let latest = if crowd { first.max(now) + WIDE } else { first };
                    assert!(next <= latest, "{next} is told for {first}");
                    if first <= now {
                        assert!(next <= first, "it is due already");
                    }
                }
                let range = draw(44)?;
                now += draw(1 << range)?;
                let mut expired = Vec::new();
                wheel.advance(now, &mut expired);
                let later = model.split_off(&(now + 1, 0));
                let due: Vec<_> = std::mem::replace(&mut model, later).into_values().collect();
                assert_eq!(expired.into_iter().map(|e| e.value).collect::<Vec<_>>(), due);
            }
        }
        assert_eq!(wheel.is_empty(), model.is_empty());
        assert_eq!(wheel.next().is_some(), !model.is_empty());
    }
    None
}
