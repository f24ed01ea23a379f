//! The objects that both schemas show. Each carries what it shows: it was read under the viewer's
//! scope before.

pub mod account;
pub mod api_token;
pub mod catalog;
pub mod contract;
pub mod dashboard;
pub mod decision;
pub mod device;
pub mod entitlement;
pub mod health;
pub mod history;
pub mod hold;
pub mod holder;
pub mod license;
pub mod lists;
pub mod notification;
pub mod partner;
pub mod quota;
pub mod role;
pub mod session;
pub mod status;
pub mod timeline;
pub mod told;
pub mod value;
