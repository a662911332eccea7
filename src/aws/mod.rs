//! What policies ask of AWS semantics: IAM documents, networks. Answers carry proofs as data.
