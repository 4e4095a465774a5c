// The least that looking can cost over libcurl: LIST the pods, then one WebSocket port-forward a pod, all at once, AUTH
// and INFO replication on each. Nothing is parsed beyond finding the end of the answer, nothing verified, no retry, no
// deadline. redisctl is measured against it. usage: bench_bare SERVER CA CERT KEY NAMESPACE SELECTOR PASSWORD IN_FLIGHT
#include <curl/curl.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

namespace {

struct Conversation {
    CURL* handle;
    std::string pod, in;
    curl_socket_t fd = CURL_SOCKET_BAD;
    bool upgraded = false, done = false;
};

std::string server, ca, certificate, key;

CURL* make_handle(const std::string& url) {
    CURL* handle = curl_easy_init();
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle, CURLOPT_CAINFO, ca.c_str());
    curl_easy_setopt(handle, CURLOPT_SSLCERT, certificate.c_str());
    curl_easy_setopt(handle, CURLOPT_SSLKEY, key.c_str());
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    return handle;
}

size_t append(char* data, size_t size, size_t count, void* text) {
    static_cast<std::string*>(text)->append(data, size * count);
    return size * count;
}

std::string between(const std::string& text, const std::string& before, size_t from, size_t* at) {
    *at = text.find(before, from);
    if (*at == std::string::npos) return "";
    const size_t start = *at + before.size();
    return text.substr(start, text.find('"', start) - start);
}

std::vector<std::string> list_pods(const std::string& ns, const std::string& selector) {
    std::vector<std::string> pods;
    std::string next;
    CURL* handle = make_handle(server);
    do {
        std::string page;
        const std::string url = server + "/api/v1/namespaces/" + ns + "/pods?limit=500&labelSelector=" + selector +
                                (next.empty() ? "" : "&continue=" + next);
        curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, append);
        curl_easy_setopt(handle, CURLOPT_WRITEDATA, &page);
        if (curl_easy_perform(handle) != CURLE_OK) std::exit(1);
        size_t at = 0;
        for (std::string name; !(name = between(page, R"({"metadata":{"name":")", at, &at)).empty(); at++)
            pods.push_back(name);
        next = between(page, R"("continue":")", 0, &at);
    } while (!next.empty());
    return pods;
}

// One masked binary frame; a mask of zeros leaves the payload as it is.
std::string frame(const std::string& payload) {
    std::string head = "\x82";
    head += static_cast<char>(0x80 | payload.size());
    return head + std::string(4, '\0') + payload;
}

// True when it is over, well or badly.
void advance(Conversation& talk, const std::string& question) {
    char buffer[16384];
    size_t count = 0;
    CURLcode code;
    while ((code = curl_easy_recv(talk.handle, buffer, sizeof buffer, &count)) == CURLE_OK && count)
        talk.in.append(buffer, count);
    if (!talk.upgraded) {
        const size_t end = talk.in.find("\r\n\r\n");
        if (end == std::string::npos) return;
        talk.upgraded = true;
        talk.in.erase(0, end + 4);
        curl_easy_send(talk.handle, question.data(), question.size(), &count);
    }
    talk.done = talk.in.find("repl_backlog_histlen") != std::string::npos || (code != CURLE_OK && code != CURLE_AGAIN);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 9) return 2;
    server = argv[1], ca = argv[2], certificate = argv[3], key = argv[4];
    const std::string ns = argv[5], password = argv[7];
    const size_t in_flight = static_cast<size_t>(std::atoi(argv[8]));
    curl_global_init(CURL_GLOBAL_ALL);
    const std::vector<std::string> pods = list_pods(ns, argv[6]);
    const std::string question =
        frame(std::string(1, '\0') + (password.empty() ? "" : "AUTH " + password + "\r\n") + "INFO replication\r\n");
    const std::string host = server.substr(server.find("//") + 2);

    CURLM* multi = curl_multi_init();
    CURLSH* share = curl_share_init();
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    std::deque<Conversation> talks;
    size_t next = 0, live = 0, finished = 0, answered = 0;
    while (finished < pods.size()) {
        for (; next < pods.size() && live < in_flight; next++, live++) {
            Conversation& talk = talks.emplace_back(Conversation{make_handle(server), pods[next], ""});
            curl_easy_setopt(talk.handle, CURLOPT_CONNECT_ONLY, 1L);
            curl_easy_setopt(talk.handle, CURLOPT_SHARE, share);
            curl_easy_setopt(talk.handle, CURLOPT_FRESH_CONNECT, 1L);
            curl_easy_setopt(talk.handle, CURLOPT_PRIVATE, &talk);
            curl_multi_add_handle(multi, talk.handle);
        }
        int running = 0, left = 0, ready = 0;
        curl_multi_perform(multi, &running);
        while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
            Conversation* talk = nullptr;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &talk);
            if (message->data.result != CURLE_OK) return 1;
            curl_easy_getinfo(talk->handle, CURLINFO_ACTIVESOCKET, &talk->fd);
            const std::string request = "GET /api/v1/namespaces/" + ns + "/pods/" + talk->pod +
                                        "/portforward?ports=6379 HTTP/1.1\r\nHost: " + host +
                                        "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
                                        "13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                                        "Sec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n";
            size_t sent = 0;
            curl_easy_send(talk->handle, request.data(), request.size(), &sent);
        }
        std::vector<curl_waitfd> sockets;
        std::vector<Conversation*> owners;
        for (Conversation& talk : talks) {
            if (talk.fd == CURL_SOCKET_BAD || talk.done) continue;
            sockets.push_back({talk.fd, CURL_WAIT_POLLIN, 0});
            owners.push_back(&talk);
        }
        curl_multi_poll(multi, sockets.data(), static_cast<unsigned>(sockets.size()), 1000, &ready);
        for (size_t i = 0; i < owners.size(); i++) {
            if (!sockets[i].revents) continue;
            advance(*owners[i], question);
            if (!owners[i]->done) continue;
            answered += owners[i]->in.find("repl_backlog_histlen") != std::string::npos;
            curl_multi_remove_handle(multi, owners[i]->handle);
            curl_easy_cleanup(owners[i]->handle);
            finished++, live--;
        }
    }
    std::printf("%zu of %zu pods answered\n", answered, pods.size());
    return answered == pods.size() ? 0 : 1;
}
