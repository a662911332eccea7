variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "environment" {
  type    = string
  default = "dev"

  validation {
    condition     = contains(["dev", "test", "prod"], var.environment)
    error_message = "The environment is dev, test or prod."
  }
}

variable "admin_cidrs" {
  description = "Networks that may open an SSH connection to the bastion."
  type        = list(string)
  default     = ["10.0.0.0/8", "0.0.0.0/0"]
}

variable "bastion_ami" {
  type = string
}

variable "encrypt_database" {
  type    = bool
  default = false
}
