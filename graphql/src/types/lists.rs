//! Pages of licenses, accounts and products.

use crate::page::connection;
use crate::types::account::Account;
use crate::types::catalog::Product;
use crate::types::license::License;

connection! {
    /// Licenses, by pages, in the order of their ids.
    LicenseConnection, LicenseEdge, License
}

connection! {
    /// Accounts, by pages, in the order of their ids.
    AccountConnection, AccountEdge, Account
}

connection! {
    /// Products, by pages, in the order of their ids.
    ProductConnection, ProductEdge, Product
}
