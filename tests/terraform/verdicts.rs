//! What `terraform validate` says.

/// Small configurations with the lines where `terraform validate` 1.11.4 reports errors.
#[rustfmt::skip]
pub(crate) const VALIDATE: &[(&str, &str, &[u32])] = &[
    ("valid", r#"variable "a" {
  type = string
}
locals {
  b = "${var.a}-x"
}
output "c" {
  value = local.b
}
"#, &[]),
    ("undeclared variable", r#"output "c" {
  value = var.nmae
}
variable "name" {}
"#, &[2]),
    ("undeclared local", r#"locals {
  region = "x"
}
output "c" {
  value = local.regoin
}
"#, &[5]),
    ("undeclared resource", r#"output "c" {
  value = terraform_data.b.id
}
resource "terraform_data" "a" {}
"#, &[2]),
    ("undeclared data", r#"output "c" {
  value = data.terraform_remote_state.b.outputs
}
"#, &[2]),
    ("undeclared module", r#"output "c" {
  value = module.b.x
}
"#, &[2]),
    ("bare word", r#"output "c" {
  value = private
}
"#, &[2]),
    ("duplicate resource", r#"resource "terraform_data" "a" {}
resource "terraform_data" "a" {}
"#, &[2]),
    ("duplicate variable", r#"variable "a" {}
variable "a" {}
"#, &[2]),
    ("duplicate local", r#"locals {
  a = 1
}
locals {
  a = 2
}
"#, &[5]),
    ("duplicate output", r#"output "a" {
  value = 1
}
output "a" {
  value = 2
}
"#, &[4]),
    ("unknown block", r#"resuorce "terraform_data" "a" {}
"#, &[1]),
    ("missing label", r#"resource "terraform_data" {}
"#, &[1]),
    ("for names are bound", r#"output "c" {
  value = [for k, v in { a = 1 } : "${k}=${v}" if v != null]
}
"#, &[]),
    ("bound outside", r#"output "c" {
  value = [[for v in [1] : v], v]
}
"#, &[2]),
    ("template for", r#"output "c" {
  value = "%{for x in [1]}${x}%{endfor}"
}
"#, &[]),
    ("provisioner words", r#"resource "terraform_data" "a" {
  provisioner "local-exec" {
    when       = destroy
    on_failure = continue
    command    = "echo ${self.id}"
  }
}
"#, &[]),
    ("ignore all", r#"resource "terraform_data" "a" {
  lifecycle {
    ignore_changes = all
  }
}
"#, &[]),
    ("quoted depends_on", r#"resource "terraform_data" "a" {}
resource "terraform_data" "b" {
  depends_on = [terraform_data.a]
}
"#, &[]),
    ("count and for_each", r#"resource "terraform_data" "a" {
  count    = 1
  for_each = {}
}
"#, &[3]),
    ("splat", r#"resource "terraform_data" "a" {
  count = 2
}
output "c" {
  value = terraform_data.a[*].id
}
"#, &[]),
    ("resource prefix", r#"resource "terraform_data" "a" {}
output "c" {
  value = resource.terraform_data.a.id
}
"#, &[]),
    ("moved", r#"resource "terraform_data" "a" {}
moved {
  from = terraform_data.old
  to   = terraform_data.a
}
"#, &[]),
    ("removed", r#"removed {
  from = terraform_data.old
  lifecycle {
    destroy = false
  }
}
"#, &[]),
    ("import", r#"resource "terraform_data" "a" {}
import {
  to = terraform_data.a
  id = "x"
}
"#, &[]),
    ("bad type", r#"variable "a" {
  type = strng
}
"#, &[2]),
    ("optional type", r#"variable "a" {
  type = object({ x = optional(list(string), ["y"]), z = number })
}
"#, &[]),
    ("validation of itself", r#"variable "a" {
  type = string
  validation {
    condition     = contains(["x", "y"], var.a)
    error_message = "Must be x or y."
  }
}
"#, &[]),
    ("self outside", r#"output "c" {
  value = var
}
"#, &[2]),
    ("path attributes", r#"output "c" {
  value = "${path.module} ${path.root} ${path.cwd} ${terraform.workspace}"
}
"#, &[]),
    ("path unknown", r#"output "c" {
  value = path.home
}
"#, &[2]),
    ("terraform block", r#"terraform {
  required_version = ">= 1.0"
  backend "local" {}
}
"#, &[]),
    ("lifecycle words", r#"resource "terraform_data" "a" {
  input = 1
  lifecycle {
    ignore_changes        = [input, triggers_replace[0]]
    replace_triggered_by  = [terraform_data.b]
    create_before_destroy = true
  }
}
resource "terraform_data" "b" {}
"#, &[]),
];
