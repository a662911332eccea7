variable "name" {
  description = "The bucket's name."
  type        = string
}

variable "acl" {
  description = "Who may read: `private` or `public-read`."
  type        = string
  default     = "private"
}

variable "versioning" {
  type    = bool
  default = true
}
