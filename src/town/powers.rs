//! The list of powers and duties (权责清单, the report's row M4): which level and which body may settle which item.
//! The report gives no list, so that of the data is a draft, and each of its rows says so.

use std::collections::HashMap;

use super::{Class, Item, Level, Post, Role, Team, TeamKind};

/// Who may settle something.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Body {
    /// Posts of that role.
    Role(Role),
    /// Teams of that kind.
    Team(TeamKind),
    /// The department that the item names as its lead.
    LeadDepartment,
    /// The department with that Chinese name.
    Department(String),
}

/// For which items a row holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One item, by code.
    Item(String),
    /// Items of one domain (in Chinese) and class.
    Domain(String, Class),
    /// Items of one class.
    Class(Class),
}

/// One row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Power {
    /// For which items.
    pub scope: Scope,
    /// On which level it is settled then.
    pub level: Level,
    /// By whom.
    pub body: Body,
    /// Where the row comes from.
    pub basis: String,
}

/// Who asks whether it may settle something.
#[derive(Clone, Copy, Debug)]
pub enum Who<'a> {
    /// A post.
    Post(&'a Post),
    /// A team.
    Team(&'a Team),
}

impl Power {
    /// Whether the row speaks of `who`, for that item.
    pub fn names(&self, item: &Item, who: Who<'_>) -> bool {
        match (&self.body, who) {
            (Body::Role(role), Who::Post(post)) => *role == post.role,
            (Body::Team(kind), Who::Team(team)) => *kind == team.kind,
            (Body::LeadDepartment, Who::Team(team)) => is_department(team, &item.lead_department),
            (Body::Department(name), Who::Team(team)) => is_department(team, name),
            _ => false,
        }
    }
}

fn is_department(team: &Team, name: &str) -> bool {
    team.kind == TeamKind::Department && team.name.zh == name
}

/// The whole list. What stands for an item goes before what stands for its domain and class, and that before what
/// stands for its class alone.
#[derive(Clone, Debug, Default)]
pub struct Powers {
    items: HashMap<String, Vec<Power>>,
    domains: HashMap<String, [Vec<Power>; 4]>,
    classes: [Vec<Power>; 4],
}

impl Powers {
    /// Sorts the rows by what they hold for; those that hold for the same keep their order.
    pub fn new(rows: Vec<Power>) -> Self {
        let mut powers = Self::default();
        for row in rows {
            let list = match &row.scope {
                Scope::Item(code) => powers.items.entry(code.clone()).or_default(),
                Scope::Domain(domain, class) => {
                    &mut powers.domains.entry(domain.clone()).or_default()[*class as usize]
                }
                Scope::Class(class) => &mut powers.classes[*class as usize],
            };
            list.push(row);
        }
        powers
    }

    /// Whether the town has no list: then nothing is known about who may settle what.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.domains.is_empty() && self.classes.iter().all(Vec::is_empty)
    }

    /// Whose matter it is: the rows that hold for the item. Empty where no row does.
    pub fn of(&self, item: &Item) -> &[Power] {
        let class = item.class as usize;
        let by_domain = || {
            self.domains
                .get(&item.domain)
                .map(|classes| classes[class].as_slice())
        };
        self.items
            .get(&item.code)
            .map(Vec::as_slice)
            .or_else(|| by_domain().filter(|rows| !rows.is_empty()))
            .unwrap_or(&self.classes[class])
    }

    /// The row that lets `who` settle the item, if there is one.
    pub fn entitling(&self, item: &Item, who: Who<'_>) -> Option<&Power> {
        self.of(item).iter().find(|power| power.names(item, who))
    }

    /// Whether `who` may settle the item. A town without a list forbids nothing.
    pub fn may_settle(&self, item: &Item, who: Who<'_>) -> bool {
        self.is_empty() || self.entitling(item, who).is_some()
    }

    /// Whether the item may be settled on that level. A town without a list goes by the item's own level.
    pub fn level_may_settle(&self, item: &Item, level: Level) -> bool {
        if self.is_empty() {
            return item.level == level;
        }
        self.of(item).iter().any(|power| power.level == level)
    }
}
