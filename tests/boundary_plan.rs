//! Drawing boundaries: whatever is done, the fabric of places stays whole, or nothing happens.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use yipanqi::town::boundary::{
    Cannot, FaultKind, Node, Plan, Shape, Weight, check, check_some, node, nudged, wgs84,
};
use yipanqi::town::{Name, PlaceKind, Town};

static GUANLAN: LazyLock<Town> = LazyLock::new(|| {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan");
    Town::load(&dir).unwrap_or_else(|faults| panic!("{faults}"))
});
static PLAN: LazyLock<Plan> = LazyLock::new(|| Plan::of(&GUANLAN.places));

fn named(zh: &str) -> Name {
    Name {
        zh: zh.into(),
        en: String::new(),
    }
}

/// Everything that would keep the boundaries from being saved.
fn heavy(plan: &Plan) -> Vec<(FaultKind, Vec<String>, f64)> {
    let before = PLAN.shapes();
    let changed = |code: &str| {
        let was = before.iter().find(|s| s.code == code);
        was.is_none_or(|was| plan.shape(code).is_none_or(|is| !Arc::ptr_eq(was, is)))
    };
    check_some(plan.shapes(), &changed)
        .into_iter()
        .filter(|fault| fault.kind.weight() != Weight::Note)
        .map(|fault| (fault.kind, fault.of, fault.area_m2))
        .collect()
}

/// How far the base grids of each community are from filling it, in square metres.
fn missing_m2(plan: &Plan) -> f64 {
    let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
    for shape in plan.shapes() {
        match (shape.kind, shape.parent.as_deref()) {
            (PlaceKind::Community, _) => *sums.entry(&shape.code).or_default() += shape.area_m2(),
            (PlaceKind::BaseGrid, Some(parent)) => *sums.entry(parent).or_default() -= shape.area_m2(),
            _ => {}
        }
    }
    sums.values().map(|m2| m2.abs()).fold(0.0, f64::max)
}

fn grids(plan: &Plan) -> Vec<Arc<Shape>> {
    let grids = plan.shapes().iter().filter(|s| s.kind == PlaceKind::BaseGrid);
    grids.cloned().collect()
}

/// One step of somebody who draws without looking.
#[derive(Clone, Debug)]
enum Act {
    Move(prop::sample::Index, prop::sample::Index, f64, f64),
    Snap(prop::sample::Index, prop::sample::Index, f64, f64),
    Insert(prop::sample::Index, prop::sample::Index, f64),
    Delete(prop::sample::Index, prop::sample::Index),
    Split(prop::sample::Index, prop::sample::Index, prop::sample::Index),
    Merge(prop::sample::Index, prop::sample::Index),
    Undo,
    Redo,
}

fn acts() -> impl Strategy<Value = Act> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => (index(), index(), -60.0..60.0, -60.0..60.0).prop_map(|(a, b, x, y)| Act::Move(a, b, x, y)),
        2 => (index(), index(), -60.0..60.0, -60.0..60.0).prop_map(|(a, b, x, y)| Act::Snap(a, b, x, y)),
        2 => (index(), index(), 0.1..0.9).prop_map(|(a, b, t)| Act::Insert(a, b, t)),
        2 => (index(), index()).prop_map(|(a, b)| Act::Delete(a, b)),
        2 => (index(), index(), index()).prop_map(|(a, b, c)| Act::Split(a, b, c)),
        2 => (index(), index()).prop_map(|(a, b)| Act::Merge(a, b)),
        1 => Just(Act::Undo),
        1 => Just(Act::Redo),
    ]
}

fn take(plan: &mut Plan, act: &Act, number: usize) -> Result<(), Cannot> {
    let grids = grids(plan);
    let corner = |shape: &Shape, index: &prop::sample::Index| -> Node {
        let corners: Vec<Node> = shape.rings().flatten().copied().collect();
        *index.get(&corners)
    };
    match act {
        Act::Move(grid, index, east, north) => {
            let shape = grid.get(&grids);
            let from = corner(shape, index);
            plan.move_corner(&shape.code, from, nudged(from, *east, *north))
        }
        Act::Snap(grid, index, east, north) => {
            let shape = grid.get(&grids);
            let from = corner(shape, index);
            let to = wgs84(nudged(from, *east, *north));
            match plan.snap(&shape.code, Some(from), to, 40.0) {
                Some(snap) => plan.move_corner(&shape.code, from, snap.node),
                None => Ok(()),
            }
        }
        Act::Insert(grid, index, along) => {
            let shape = grid.get(&grids);
            let edges: Vec<[Node; 2]> = shape.edges().collect();
            let [a, b] = *index.get(&edges);
            let at = |i: usize| a[i] + ((b[i] - a[i]) as f64 * along) as i64;
            plan.insert_corner(&shape.code, [a, b], [at(0), at(1)])
        }
        Act::Delete(grid, index) => {
            let shape = grid.get(&grids);
            plan.delete_corner(&shape.code, corner(shape, index))
        }
        Act::Split(grid, from, to) => {
            let shape = grid.get(&grids);
            let line = [corner(shape, from), corner(shape, to)];
            plan.split(&shape.code, &line, (&format!("NEW-{number}"), named("新网格")))
        }
        Act::Merge(grid, other) => {
            let kept = grid.get(&grids);
            let others: Vec<_> = grids.iter().filter(|s| s.parent == kept.parent).collect();
            plan.merge(&kept.code, &other.get(&others).code)
        }
        Act::Undo => {
            plan.undo();
            Ok(())
        }
        Act::Redo => {
            plan.redo();
            Ok(())
        }
    }
}

#[test]
fn the_boundaries_of_guanlan_are_sound() {
    let faults = check(PLAN.shapes());
    assert!(
        faults.iter().all(|f| f.kind.weight() == Weight::Note),
        "{faults:#?}"
    );
    assert!(!PLAN.is_changed());
    let parties = PLAN.shapes().iter().filter(|s| s.kind == PlaceKind::PartyGrid);
    for party in parties {
        assert!(!party.members.is_empty(), "{} has no base grid", party.code);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_is_drawn_the_base_grids_tile_their_communities(acts in prop::collection::vec(acts(), 1..14)) {
        let mut plan = PLAN.clone();
        for (number, act) in acts.iter().enumerate() {
            let before = plan.clone();
            if take(&mut plan, act, number).is_err() {
                prop_assert_eq!(plan.shapes(), before.shapes(), "what is refused changes nothing");
            }
        }
        let heavy = heavy(&plan);
        prop_assert!(heavy.is_empty(), "{heavy:?}");
        let missing = missing_m2(&plan);
        prop_assert!(missing < 0.1, "{missing} m²");
        while plan.undo() {}
        prop_assert!(!plan.is_changed());
    }

    #[test]
    fn split_and_merged_again_a_grid_is_what_it_was(
        grid in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
    ) {
        let mut plan = PLAN.clone();
        let grids = grids(&plan);
        let shape = grid.get(&grids);
        let corners: Vec<Node> = shape.rings().flatten().copied().collect();
        let line = [*from.get(&corners), *to.get(&corners)];
        if plan.split(&shape.code, &line, ("NEW", named("新网格"))).is_ok() {
            let parts = plan.shape(&shape.code).unwrap().area_m2() + plan.shape("NEW").unwrap().area_m2();
            prop_assert!((parts - shape.area_m2()).abs() < 0.01);
            plan.merge(&shape.code, "NEW").unwrap();
            let whole = plan.shape(&shape.code).unwrap();
            prop_assert!((whole.area_m2() - shape.area_m2()).abs() < 0.01);
            prop_assert_eq!(whole.corners(), shape.corners());
        }
    }
}

#[test]
fn a_shared_corner_moves_for_all_its_neighbours() {
    let mut plan = PLAN.clone();
    let shape = plan.shape("GL01-G01").unwrap().clone();
    // A corner that two base grids share.
    let shared = shape.rings().flatten().copied().find(|n| {
        let holders = grids(&plan)
            .iter()
            .filter(|s| s.rings().any(|r| r.contains(n)))
            .count();
        holders == 2
    });
    let from = shared.unwrap();
    let to = nudged(from, 2.0, 1.0);
    plan.move_corner("GL01-G01", from, to).unwrap();
    assert!(
        plan.shapes()
            .iter()
            .filter(|s| s.is_fabric())
            .all(|s| !s.rings().any(|r| r.contains(&from)))
    );
    let drawn: Vec<String> = plan.change().drawn.iter().map(|d| d.code.clone()).collect();
    assert!(
        drawn.len() >= 2 && drawn.contains(&"GL01-G01".to_owned()),
        "{drawn:?}"
    );
    assert!(heavy(&plan).is_empty());
}

#[test]
fn a_junction_is_not_deleted_and_a_corner_between_two_is() {
    let mut plan = PLAN.clone();
    let shape = plan.shape("GL01-G01").unwrap().clone();
    let all = grids(&plan);
    let holders = |n: &Node| all.iter().filter(|s| s.rings().any(|r| r.contains(n))).count();
    let junction = shape
        .rings()
        .flatten()
        .copied()
        .find(|n| holders(n) == 3)
        .unwrap();
    assert_eq!(plan.delete_corner("GL01-G01", junction), Err(Cannot::Junction));
    let between = shape.rings().flatten().copied().filter(|n| holders(n) == 2);
    let deleted = between
        .filter(|n| plan.clone().delete_corner("GL01-G01", *n).is_ok())
        .count();
    assert!(deleted > 0);
}

#[test]
fn a_stroke_across_a_grid_cuts_it_and_its_party_grid_keeps_both_parts() {
    let mut plan = PLAN.clone();
    let shape = plan.shape("GL01-G03").unwrap().clone();
    let nodes: Vec<Node> = shape.rings().flatten().copied().collect();
    let (west, east) = (
        nodes.iter().map(|n| n[0]).min().unwrap(),
        nodes.iter().map(|n| n[0]).max().unwrap(),
    );
    let middle = node(
        GUANLAN
            .places
            .get(GUANLAN.places.by_code("GL01-G03").unwrap())
            .label_at,
    )[1];
    let line = [[west - 50_000, middle], [east + 50_000, middle]];
    plan.split("GL01-G03", &line, ("GL01-G12", named("十二网格")))
        .unwrap();
    assert!(heavy(&plan).is_empty(), "{:?}", heavy(&plan));
    let party = |code: &str| {
        let holds = |s: &&Arc<Shape>| s.kind == PlaceKind::PartyGrid && s.members.iter().any(|m| m == code);
        plan.shapes().iter().find(holds).map(|s| s.code.clone())
    };
    assert!(party("GL01-G03").is_some());
    assert_eq!(party("GL01-G03"), party("GL01-G12"));
    assert_eq!(
        plan.split("GL01-G03", &line, ("GL01-G12", named("又一个"))),
        Err(Cannot::CodeTaken)
    );
    assert_eq!(
        plan.split("GL01", &line, ("X", named("社区"))),
        Err(Cannot::NotThisKind)
    );
}

#[test]
fn a_party_grid_is_the_union_of_the_grids_that_are_given_to_it() {
    let mut plan = PLAN.clone();
    let (p1, p2) = (
        plan.shape("GL01-P1").unwrap().clone(),
        plan.shape("GL01-P2").unwrap().clone(),
    );
    let given = p2.members[0].clone();
    plan.give_member("GL01-P1", &given).unwrap();
    let area = plan.shape(&given).unwrap().area_m2();
    let now = |code: &str| plan.shape(code).unwrap().area_m2();
    assert!((now("GL01-P1") - p1.area_m2() - area).abs() < 0.1);
    assert!((now("GL01-P2") - p2.area_m2() + area).abs() < 0.1);
    assert!(heavy(&plan).is_empty(), "{:?}", heavy(&plan));
    let other = plan.shape("GL02-P1").unwrap().members[0].clone();
    assert_eq!(plan.give_member("GL01-P1", &other), Err(Cannot::NotAlike));
}

#[test]
fn blocks_are_drawn_freely_but_not_through_themselves() {
    let mut plan = PLAN.clone();
    let at = node(GUANLAN.center);
    let far = |x: i64, y: i64| [at[0] + x * 10_000, at[1] + y * 10_000];
    let square = [far(0, 0), far(10, 0), far(10, 10), far(0, 10)];
    plan.draw_block(("GL-S9", named("新街区")), "GL", &square)
        .unwrap();
    let bow = [far(0, 0), far(10, 10), far(10, 0), far(0, 10)];
    let refused = plan.draw_block(("GL-S8", named("领结")), "GL", &bow);
    assert!(matches!(refused, Err(Cannot::Crosses(_))), "{refused:?}");
    // A corner across the opposite edge.
    assert!(matches!(
        plan.move_corner("GL-S9", far(0, 0), far(5, 20)),
        Err(Cannot::Crosses(_))
    ));
    plan.delete_block("GL-S9").unwrap();
    assert!(!plan.is_changed());
}
