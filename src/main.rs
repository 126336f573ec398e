//! The command `tilecast`; everything is in the library of the same name.

fn main() -> std::process::ExitCode {
    tilecast::cli::main()
}
