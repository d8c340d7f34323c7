#include "support/program.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/temporary_folder.hpp"

namespace warpshrew::test {

static pid_t start(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                   const std::string& out, const std::string& err) {
    const std::string program = WARPSHREW_BINARY_DIR "/warpshrew";
    std::vector<char*> argv = {const_cast<char*>(program.c_str())};
    for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    const pid_t child = fork();
    if (child != 0) return child;
    const int out_file = open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600),
              err_file = open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(out_file, STDOUT_FILENO);
    dup2(err_file, STDERR_FILENO);
    for (const std::string& variable : environment) putenv(const_cast<char*>(variable.c_str()));
    execv(program.c_str(), argv.data());
    _exit(127);
}

static std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

int wait_for(pid_t process) {
    int status = 0;
    waitpid(process, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

ProgramResult run_program(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
    const TemporaryFolder folder;
    const std::string out = folder.path() / "out", err = folder.path() / "err";
    ProgramResult result;
    result.code = wait_for(start(arguments, environment, out, err));
    result.out = content(out);
    result.err = content(err);
    return result;
}

pid_t start_program(const std::vector<std::string>& arguments) {
    return start(arguments, {}, "/dev/null", "/dev/null");
}

}  // namespace warpshrew::test
